// What is seen of a page, and what would be cut.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { Course, host, launch, open } from './course.mjs';

const LESSON = 'worker_pool';
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 900 };

// The colour of a point of a picture, counted from its right edge and from its top.
async function pixel(page, picture, fromRight, fromTop) {
  const png = (await picture.screenshot()).toString('base64');
  return await page.evaluate(async ([png, fromRight, fromTop]) => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const pen = canvas.getContext('2d');
    pen.drawImage(image, 0, 0);
    return [...pen.getImageData(image.width - fromRight, fromTop, 1, 1).data].slice(0, 3);
  }, [png, fromRight, fromTop]);
}

describe('the look of a page', () => {
  let browser;
  let course;
  let server;
  before(async () => {
    browser = await launch();
    course = new Course();
    course.build();
    server = await host(course.path('book'));
  });
  after(async () => {
    await server.stop();
    course.remove();
    await browser.close();
  });

  for (const theme of ['light', 'navy']) {
    test(`what goes on beyond the edge of a phone says so there, in ${theme}`, async () => {
      const { page, close } = await open(browser, server.url, { viewport: PHONE, theme });
      await page.goto(`${server.url}start_simple.html`);
      for (const kind of ['.timeline .scroll', '.diagram']) {
        const box = page.locator(kind).first();
        const edge = () => pixel(page, box, 2, 2);
        const ground = await pixel(page, box, 60, 2);
        const far = (one, other) => Math.max(...one.map((part, i) => Math.abs(part - other[i])));
        assert.ok(far(await edge(), ground) > 40, `${kind}: there is more`);
        await box.evaluate(box => box.scrollTo({ left: box.scrollWidth, behavior: 'instant' }));
        assert.ok(far(await edge(), ground) < 12, `${kind}: that was all`);
      }
      await close();
    });
  }

  test('a line of a hundred characters is seen whole on a desk', async () => {
    const { page, close } = await open(browser, server.url, { viewport: DESK });
    for (const name of readdirSync(course.path('book')).filter(name => /^[a-z_]+\.html$/.test(name))) {
      if (['print.html', 'toc.html'].includes(name)) continue;
      await page.goto(server.url + name);
      const cut = await page.locator('main pre > code').evaluateAll(listings => listings
        .filter(code => code.scrollWidth > code.clientWidth)
        .map(code => code.textContent.split('\n').sort((a, b) => b.length - a.length)[0])
        .filter(line => line.length <= 100));
      assert.deepEqual(cut, [], name);
    }
    await close();
  });

  for (const viewport of [DESK, PHONE]) {
    test(`no line runs out of its column unseen, ${viewport.width} pixels wide`, async () => {
      const { page, close } = await open(browser, server.url, { viewport });
      for (const name of [LESSON, 'timeouts_and_deadlines', 'token_bucket', 'start']) {
        await page.goto(`${server.url}${name}.html`);
        await page.evaluate(() => document.fonts.ready);
        const unseen = page.locator('main pre > code').evaluateAll(listings => listings
          .filter(code => code.scrollWidth > code.clientWidth)
          .filter(code => code.matches('.language-text, .language-console, .language-toml')
            || getComputedStyle(code).boxShadow === 'none')
          .map(code => code.textContent));
        assert.deepEqual(await unseen, [], name);
      }
      await close();
    });
  }

  test('a right answer is called right once', async () => {
    const { page, close } = await open(browser, server.url);
    for (const lesson of ['async_tasks', 'atomics']) {
      await page.goto(`${server.url}${lesson}.html`);
      const forms = page.locator('.quiz form[data-kind=one]');
      for (let i = 0; i < await forms.count(); i++) {
        await forms.nth(i).locator('[data-right] input, input[data-right]').first().check();
        await forms.nth(i).locator('[type=submit]').click();
        const said = await forms.nth(i).locator('.verdict').innerText();
        assert.match(said, /^Right\.\s+(?!Right[.:] )/);
      }
    }
    await close();
  });

  test('the names of the parts stay on one line of the course map', async () => {
    for (const viewport of [PHONE, DESK]) {
      const { page, close } = await open(browser, server.url, { viewport });
      await page.goto(`${server.url}start.html`);
      const heights = await page.locator('.course-map tr.part').evaluateAll(rows => rows.map(row => row.offsetHeight));
      assert.ok(Math.max(...heights) - Math.min(...heights) <= 1, heights.join());
      assert.match(await page.locator('.course-map .key').innerText(), /In all, \d+ to \d+ hours\.$/);
      await close();
    }
  });
});
