// A listing is a whole program: what is hidden can be unfolded, and is copied with the rest.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Course, barriers, host, launch, open } from './course.mjs';

const LESSON = 'worker_pool';
const ASYNC = 'async_tasks';
const CLIPBOARD = { permissions: ['clipboard-read', 'clipboard-write'] };

describe('a listing', () => {
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
  async function lesson(name, options) {
    const opened = await open(browser, server.url, options);
    await opened.page.goto(`${server.url}${name}.html`);
    return opened;
  }
  async function copied(page, pre) {
    await pre.locator('.clip-button').focus();
    await page.keyboard.press('Enter');
    await pre.locator('.clip-button.tooltipped').waitFor();
    return (await page.evaluate(() => navigator.clipboard.readText())).replaceAll('\r', '');
  }

  test('shows its hidden lines by keyboard and by pointer, and the control says what it does', async () => {
    const { page, close } = await lesson(LESSON);
    const pre = page.locator('main pre:has(.boring)').first();
    const hidden = pre.locator('.boring').first();
    const eye = pre.getByRole('button', { name: 'Show hidden lines' });
    const shut = pre.getByRole('button', { name: 'Hide lines' });
    assert.equal(await hidden.isVisible(), false);
    await pre.locator('.clip-button').focus();
    await page.keyboard.press('Tab');
    assert.ok(await eye.evaluate(eye => eye === document.activeElement), 'the stop after Copy');
    await page.keyboard.press('Enter');
    assert.ok(await hidden.isVisible());
    await page.keyboard.press('Enter');
    assert.equal(await hidden.isVisible(), false);
    // On its picture, where a pointer is.
    await eye.click();
    assert.ok(await hidden.isVisible());
    await shut.click();
    assert.equal(await hidden.isVisible(), false);
    assert.deepEqual(await barriers(page), []);
    await close();
  });

  test('its buttons cover none of its lines', async () => {
    for (const width of [390, 1280]) {
      const { page, close } = await lesson(LESSON, { viewport: { width, height: 900 } });
      const covered = await page.locator('main pre:has(.boring)').evaluateAll(listings => listings.filter(pre => {
        const code = pre.querySelector('code');
        const text = code.getBoundingClientRect().top + parseFloat(getComputedStyle(code).paddingTop);
        return pre.querySelector('.buttons').getBoundingClientRect().bottom > text;
      }).length);
      assert.equal(covered, 0, `${width}`);
      await close();
    }
  });

  test('is copied with its hidden lines, unfolded or not', async () => {
    const { page, close } = await lesson(LESSON, CLIPBOARD);
    const pre = page.locator('main pre:has(.boring)').first();
    const whole = await pre.locator('code').evaluate(code => code.textContent);
    assert.match(whole, /struct Photo/);
    assert.equal(await copied(page, pre), whole);
    await pre.getByRole('button', { name: 'Show hidden lines' }).click();
    assert.equal(await copied(page, pre), whole);
    await close();
  });

  test('says which crates it needs, and is copied with their lines', async () => {
    const { page, close } = await lesson(ASYNC, CLIPBOARD);
    const pre = page.locator('main pre:has(+ .needs)').first();
    const needs = await page.locator('main pre + .needs code').first().innerText();
    assert.match(needs, /^tokio = \{ version = "1\.\d+\.\d+", features = \[.+\] \}$/);
    const whole = await pre.locator('code').evaluate(code => code.textContent);
    assert.equal(await copied(page, pre), `// ${needs}\n${whole}`);
    await close();
  });

  test('that is a program to take to work is copied whole, below its dependencies', async () => {
    const { page, close } = await lesson(LESSON, CLIPBOARD);
    const program = page.locator('main pre:has(> .ship)');
    assert.match(await copied(page, program), /^\/\/! .+[^]*\nfn main\(\)[^]*\n\}\n?$/);
    const lines = page.locator('main pre:has(> .language-toml)').first();
    assert.match(await copied(page, lines), /^\[dependencies\]\nanyhow = "/);
    assert.equal(await page.locator('main pre:has(> .ship) + .needs').count(), 0);
    await close();
  });
});
