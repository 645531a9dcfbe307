// Wide tables: as wide as the window allows, and their heads stay while they scroll.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Course, barriers, host, launch, open } from './course.mjs';

const CHAPTER = 'choosing_a_pattern';
const PHONE = { width: 390, height: 844 };

describe('a wide table', () => {
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
  async function widest(viewport) {
    const opened = await open(browser, server.url, { viewport });
    await opened.page.goto(`${server.url}${CHAPTER}.html`);
    const widths = await opened.page.locator('main .table-wrapper').evaluateAll(all => all.map(box => box.scrollWidth));
    const box = opened.page.locator('main .table-wrapper').nth(widths.indexOf(Math.max(...widths)));
    return { ...opened, box };
  }

  test('goes beyond the text, and the page never scrolls sideways', async () => {
    for (const width of [1280, 1600]) {
      const { page, close, box } = await widest({ width, height: 900 });
      const [table, text, content] = await box.evaluate(box => [box, box.closest('main'), box.closest('.content')]
        .map(part => part.getBoundingClientRect()));
      assert.ok(table.width > text.width, `${table.width} of ${text.width} at ${width}`);
      assert.ok(table.left >= content.left && table.right <= content.right);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      const narrow = await page.locator('main .table-wrapper table').evaluateAll(tables => tables
        .filter(table => table.offsetHeight > 400 && table.offsetWidth < table.closest('main').offsetWidth - 1)
        .map(table => table.textContent.slice(0, 40)));
      assert.deepEqual(narrow, [], 'none wraps while there is room');
      await close();
    }
  });

  test('keeps its first column and its head row in sight on a phone', async () => {
    const { page, close, box } = await widest(PHONE);
    const seen = await box.evaluate(box => {
      box.style.maxBlockSize = '160px';
      box.scrollTo({ left: 200, top: 100, behavior: 'instant' });
      const { left, top } = box.getBoundingClientRect();
      const [head, name] = ['thead th:nth-child(2)', 'tbody tr:last-child > :first-child']
        .map(cell => box.querySelector(cell).getBoundingClientRect());
      return { head: head.top - top, name: name.left - left, width: name.width };
    });
    assert.ok(Math.abs(seen.head) <= 1 && Math.abs(seen.name) <= 1, JSON.stringify(seen));
    assert.ok(seen.width < PHONE.width / 2, 'most of the phone is left for the others');
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    assert.deepEqual(await barriers(page), []);
    await close();
  });

  test('neither it nor a listing runs out of the page', async () => {
    for (const name of ['worker_pool', 'timeouts_and_deadlines']) {
      for (const width of [390, 1280]) {
        const { page, close } = await open(browser, server.url, { viewport: { width, height: 900 } });
        await page.goto(`${server.url}${name}.html`);
        const out = await page.locator('main pre, main .table-wrapper').evaluateAll(boxes => boxes
          .filter(box => box.getBoundingClientRect().right > innerWidth || box.getBoundingClientRect().left < 0)
          .map(box => box.textContent.slice(0, 40)));
        assert.deepEqual(out, [], `${name} ${width}`);
        await close();
      }
    }
  });
});
