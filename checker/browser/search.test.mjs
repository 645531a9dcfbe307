// The search: nothing of its index is loaded before it opens, and it finds headings and prose.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Course, host, launch, open } from './course.mjs';

describe('the search', () => {
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

  test('loads its index when it opens, and that is small', async () => {
    const { page, close } = await open(browser, server.url);
    const loaded = [];
    page.on('response', response => {
      if (response.url().includes('searchindex')) loaded.push(response.text());
    });
    await page.goto(`${server.url}worker_pool.html`);
    await page.waitForLoadState('networkidle');
    assert.equal(loaded.length, 0, 'not before');
    await page.keyboard.press('/');
    const field = page.locator('#mdbook-searchbar');
    await page.locator('#mdbook-searchbar-outer:not(.searching)').waitFor({ state: 'attached' });
    const search = async words => {
      await field.fill('');
      await field.pressSequentially(words);
    };
    await search('backpressure');
    const found = page.locator('#mdbook-searchresults a');
    await found.first().waitFor();
    assert.ok(await found.count() > 3);
    const [index, ...again] = await Promise.all(loaded);
    assert.equal(again.length, 0);
    assert.ok(index.length < 512 * 1024, `${index.length}`);
    for (const unwanted of ['ms, virtual', 'fn main() {', 'Not right yet']) assert.ok(!index.includes(unwanted), unwanted);

    await search('worker pool pattern');
    await found.filter({ hasText: /Worker pool » .*The pattern/ }).first().waitFor();
    const link = found.filter({ hasText: /Worker pool » .*The pattern/ }).first();
    assert.match(await link.getAttribute('href'), /worker_pool\.html.*#the-pattern$/);
    await close();
  });
});
