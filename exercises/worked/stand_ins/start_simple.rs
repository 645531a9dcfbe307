// What the chapter's listings need besides what they show, for readers who copy one.
// ANCHOR: page
struct Camera;
struct Place;
struct Picture;
struct Forecast;

struct Page {
    pictures: Vec<Picture>,
    forecasts: Vec<Forecast>,
}

impl Camera {
    fn fetch(&self) -> Picture {
        Picture
    }
}

impl Place {
    fn forecast(&self) -> Forecast {
        Forecast
    }
}
// ANCHOR_END: page

// ANCHOR: camera
struct Camera;
struct Picture;

impl Camera {
    fn fetch(&self) -> Picture {
        Picture
    }
}

const CORES: usize = 2;
// ANCHOR_END: camera
