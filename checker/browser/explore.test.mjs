// A picture that the reader moves, on any host, in any browser.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

import { Course, barriers, host, launch, open, serve } from './course.mjs';

const LESSON = 'worker_pool';
const RUNS = `src/timelines/${LESSON}/workers`;
const BELOW = '/concurrency-patterns/';

// A picture with two controls, which no chapter has yet.
function addTwo(course) {
  const folder = course.path(`src/timelines/${LESSON}/two`);
  mkdirSync(folder, { recursive: true });
  const knob = (one, several, values) => ({ one, several, values, default: values[0] });
  const knobs = [knob('cook', 'cooks', [1, 2, 4]), knob('place', 'places', [0, 8])];
  const runs = [];
  for (const cooks of knobs[0].values) {
    for (const places of knobs[1].values) {
      const caption = `${cooks} and ${places} end.`;
      runs.push({ values: [cooks, places], caption });
      writeFileSync(`${folder}/${cooks}-${places}.html`, '<!doctype html>\n<html lang="en">\n<head><title>Two</title></head>\n'
        + `<body>\n<figure class="timeline"><svg role="img" aria-label="Two"></svg>\n<figcaption>${caption}</figcaption></figure>\n`
        + '</body>\n</html>\n');
    }
  }
  writeFileSync(`${folder}/runs.json`, JSON.stringify({ knobs, runs }));
  const chapter = course.path(`src/${LESSON}.md`);
  const block = '{{#explore two}}\nWhich?\n\n- One.\n- The other.\n{{#/explore}}\n\n## Takeaways';
  writeFileSync(chapter, readFileSync(chapter, 'utf8').replace('## Takeaways', block));
}

describe('a picture that the reader moves', () => {
  let browser;
  let course;
  let server;
  before(async () => {
    browser = await launch();
    course = new Course();
    addTwo(course);
    course.build();
    server = await host(course.path('book'), BELOW);
  });
  after(async () => {
    await server.stop();
    course.remove();
    await browser.close();
  });
  async function lesson(options, url = server.url) {
    const opened = await open(browser, url, options);
    await opened.page.goto(`${url}${LESSON}.html`);
    return { ...opened, section: opened.page.locator('#explore-workers') };
  }
  async function predict(section) {
    await section.locator('[type=radio]').first().check();
    return section.getByRole('slider');
  }
  const caption = section => section.locator('.pictures figcaption');

  test('asks first, then moves by keyboard; what it shows is said beside it and read out', async () => {
    const { page, close, section } = await lesson();
    assert.equal(await section.locator('.knobs').isVisible(), false);
    const slider = await predict(section);
    await section.locator('.said', { hasText: /^You said: After 5 ms/ }).waitFor();
    await slider.focus();
    assert.match(await slider.getAttribute('aria-valuetext'), /^3 workers\. 3 workers: 30 ms/);
    for (const [key, words] of [['ArrowRight', '4 workers'], ['ArrowRight', '6 workers'], ['Home', '1 worker'], ['End', '9 workers']]) {
      await page.keyboard.press(key);
      await caption(section).getByText(`${words}: `).waitFor();
      assert.ok((await slider.getAttribute('aria-valuetext')).startsWith(`${words}. ${words}: `));
      assert.equal(await section.locator('output').innerText(), words);
      assert.ok(await slider.evaluate(slider => slider === document.activeElement), key);
    }
    assert.match(page.url(), new RegExp(`${LESSON}\\.html$`));
    assert.match(await section.locator('.said').innerText(), /^You said: After 5 ms/, 'it can be compared');
    await close();
  });

  test('a fetched picture is one like the others: ids, one stop, its bars say what they are', async () => {
    const { page, close, section } = await lesson();
    const slider = await predict(section);
    await slider.press('End');
    await caption(section).getByText('9 workers: ').waitFor();
    const ids = await page.locator('[id]').evaluateAll(all => all.map(({ id }) => id));
    assert.equal(new Set(ids).size, ids.length, 'ids stay unique');
    const figure = section.locator('figure');
    assert.equal(await figure.locator('[tabindex="0"]').count(), 1);
    await slider.focus();
    await page.keyboard.press('Tab');
    const bars = figure.locator('.span');
    await page.keyboard.press('ArrowRight');
    assert.ok(await bars.nth(1).evaluate(bar => bar === document.activeElement));
    const line = await figure.evaluate(figure => getComputedStyle(figure, '::after').content);
    assert.ok(line.includes(await bars.nth(1).getAttribute('aria-label')));
    assert.deepEqual(await barriers(page), []);
    await close();
  });

  test('neighbours are fetched before they are needed, and nothing before the reader has answered', async () => {
    const { page, close, section } = await lesson();
    const fetched = [];
    page.on('request', request => fetched.push(request.url().match(/workers\/(\d+)\.html$/)?.[1]));
    await page.waitForLoadState('networkidle');
    assert.deepEqual(fetched.filter(Boolean), []);
    await predict(section);
    await page.waitForLoadState('networkidle');
    assert.deepEqual(fetched.filter(Boolean).sort(), ['2', '4']);
    await close();
  });

  test('two controls move one picture', async () => {
    const { page, close } = await lesson();
    const section = page.locator('#explore-two');
    await section.locator('[type=radio]').first().check();
    const [cooks, places] = [section.getByRole('slider', { name: 'Cooks' }), section.getByRole('slider', { name: 'Places' })];
    await cooks.press('End');
    await caption(section).getByText('4 and 0 end.').waitFor();
    await places.press('ArrowRight');
    await caption(section).getByText('4 and 8 end.').waitFor();
    assert.equal(await cooks.getAttribute('aria-valuetext'), '4 cooks. 4 and 8 end.');
    assert.equal(await places.getAttribute('aria-valuetext'), '8 places. 4 and 8 end.');
    await cooks.press('ArrowLeft');
    await caption(section).getByText('2 and 8 end.').waitFor();
    await close();
  });

  test('without JavaScript all runs stand in a table, each with a page that looks right alone', async () => {
    for (const colorScheme of ['light', 'dark']) {
      const { page, close, section } = await lesson({ javaScriptEnabled: false, colorScheme });
      assert.equal(await section.getByRole('slider').count(), 0);
      assert.equal(await section.locator('tbody tr:visible').count(), 6);
      await section.getByRole('link', { name: '6', exact: true }).click();
      assert.match(page.url(), new RegExp(`${BELOW}timelines/${LESSON}/workers/6\\.html$`));
      const colours = await page.locator('figcaption').evaluate(words =>
        [getComputedStyle(document.documentElement).backgroundColor, getComputedStyle(words).color]
          .map(colour => colour.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + +part, 0) / 3));
      const [ground, text] = colours;
      assert.ok(colorScheme === 'dark' ? ground < 60 && text > 150 : text < 60, colours.join());
      await close();
    }
  });

  test('on paper stand the picture and the table, and no control', async () => {
    const { page, close, section } = await lesson();
    await page.emulateMedia({ media: 'print' });
    assert.ok(await caption(section).isVisible());
    assert.equal(await section.locator('tbody tr:visible').count(), 6);
    assert.equal(await section.getByRole('slider').count(), 0);
    await close();
  });

  test('on paper stands the picture that the text speaks of, wherever the control stood', async () => {
    const { page, close, section } = await lesson();
    const slider = await predict(section);
    await slider.press('End');
    await caption(section).getByText('9 workers: ').waitFor();
    await page.evaluate(() => addEventListener('beforeprint', () => {
      window.printed = document.querySelector('#explore-workers .pictures').textContent;
    }));
    await page.pdf();
    assert.match(await page.evaluate(() => window.printed), /3 workers: 30 ms/);
    assert.equal(await caption(section).getByText('9 workers: ').count(), 1, 'and moves on afterwards');
    await close();
  });

  test('where a browser fetches nothing, the table is opened and links to the pictures', async () => {
    const folder = `${pathToFileURL(course.path('book'))}/`;
    const { page, section } = await lesson({}, folder);
    const slider = await predict(section);
    await slider.press('End');
    await section.locator('.said', { hasText: 'the table links to it' }).waitFor();
    await section.getByRole('link', { name: '9', exact: true }).click();
    await page.locator('figcaption', { hasText: '9 workers: ' }).waitFor();
    await page.context().close();
  });

  test('under the checker a changed run is shown after a reload', async () => {
    const served = await serve(course);
    try {
      const { page, close, section } = await lesson({}, served.url);
      const file = course.path(`${RUNS}/4.html`);
      const list = course.path(`${RUNS}/runs.json`);
      for (const path of [file, list]) {
        writeFileSync(path, readFileSync(path, 'utf8').replaceAll('4 workers: 36 ms', '4 workers: 35 ms'));
      }
      await section.locator('td', { hasText: '35 ms' }).waitFor({ state: 'attached' });
      const slider = await predict(section);
      await slider.press('ArrowRight');
      await caption(section).getByText('4 workers: 35 ms').waitFor();
      await close();
    } finally {
      await served.stop();
    }
  });

  test('adds eight kilobytes to a page at most as it is sent, gzipped, and its script has six unpacked', async () => {
    const { page, close, section } = await lesson();
    const own = gzipSync(await section.evaluate(section => section.outerHTML)).length;
    assert.ok(own < 8 * 1024, `${own}`);
    const script = await page.locator('script[src*=explore]').evaluate(async script => (await (await fetch(script.src)).text()).length);
    assert.ok(script < 6 * 1024, `${script}`);
    await close();
  });
});
