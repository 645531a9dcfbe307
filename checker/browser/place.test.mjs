// Where one is on a page.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { Course, host, launch, open, serve } from './course.mjs';

const LESSON = 'worker_pool';

describe('the place that is read', () => {
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

  // Makes all that can be opened or moved higher or lower than it was, and reads on at the takeaways.
  async function readOn(page) {
    await page.locator('#explore-workers [type=radio]').first().check();
    await page.locator('#explore-workers').getByRole('slider').press('End');
    await page.locator('#explore-workers .pictures figcaption', { hasText: '9 workers: ' }).waitFor();
    await page.locator('main pre > .buttons > [title="Show hidden lines"]').evaluateAll(all => all.forEach(eye => eye.click()));
    await page.locator('main details').evaluateAll(all => all.forEach(details => { details.open = true; }));
    await page.locator('#takeaways').evaluate(heading => new Promise(done => {
      addEventListener('scrollend', done, { once: true });
      scrollTo({ top: scrollY + heading.getBoundingClientRect().top - 100, behavior: 'instant' });
    }));
    return await place(page);
  }

  // Two frames, for what the browser does after a page has loaded.
  async function place(page) {
    await page.waitForLoadState('load');
    return await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
      done(Math.round(document.querySelector('#takeaways').getBoundingClientRect().top));
    }))));
  }

  for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
    test(`is the same after a reload, ${viewport.width} pixels wide`, async () => {
      const { page, close } = await open(browser, server.url, { viewport });
      await page.goto(`${server.url}${LESSON}.html`);
      const before = await readOn(page);
      await page.reload();
      const now = await place(page);
      assert.ok(Math.abs(now - before) <= 1, `${before}, then ${now}`);
      await page.goto(`${server.url}start.html`);
      await page.goto(`${server.url}${LESSON}.html`);
      assert.equal(await page.evaluate(() => scrollY), 0, 'a link leads to the head');
      await close();
    });
  }

  test('is the same when the chapter has changed above it', async () => {
    const served = await serve(course);
    try {
      const { page, close } = await open(browser, served.url);
      await page.goto(`${served.url}${LESSON}.html`);
      const before = await readOn(page);
      const chapter = course.path(`src/${LESSON}.md`);
      const added = 'A first sentence from the test.\n\nAnother one.\n\n## The problem\n';
      const reloaded = page.waitForEvent('load');
      writeFileSync(chapter, readFileSync(chapter, 'utf8').replace('## The problem\n', added));
      await reloaded;
      await page.getByText('Another one.', { exact: true }).waitFor();
      const now = await place(page);
      assert.ok(Math.abs(now - before) <= 1, `${before}, then ${now}`);
      await close();
    } finally {
      await served.stop();
    }
  });
});
