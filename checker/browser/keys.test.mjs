// What the keys of a page do, and what they leave alone.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Course, host, launch, open } from './course.mjs';

const LESSON = 'worker_pool';
const PHONE = { width: 390, height: 844 };

describe('by keyboard', () => {
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
  async function lesson(options) {
    const opened = await open(browser, server.url, options);
    await opened.page.goto(`${server.url}${LESSON}.html`);
    return opened;
  }

  test('the arrows stay in the element that has the focus, and turn the page elsewhere', async () => {
    const { page, close } = await lesson({ viewport: PHONE });
    await page.locator('main').evaluate(main => main.insertAdjacentHTML('beforeend',
      '<p><input type="range"><select><option>a<option>b</select><input type="text" value="ab"></p>'));
    const turned = [];
    const here = page.url();
    // The page notes its reading position in its own entry of the history: that turns no page.
    page.on('framenavigated', () => {
      if (page.url() !== here) turned.push(page.url());
    });
    for (const focusable of [
      '.timeline .span', 'main pre > code[tabindex]', 'main .table-wrapper[tabindex]', '.diagram[tabindex]',
      '.quiz textarea', '.quiz input[type=radio]', '.quiz [type=submit]', 
      'main summary', 'main > p [type=range]', 'main select', 'main [type=text]',
      '#mdbook-theme-toggle',
    ]) {
      const element = page.locator(focusable).first();
      assert.equal(await element.count(), 1, focusable);
      for (const key of ['ArrowRight', 'ArrowLeft']) {
        await element.evaluate(element => element.focus());
        assert.ok(await element.evaluate(element => element === document.activeElement), focusable);
        const before = await page.evaluate(() => {
          window.here = true;
          return location.pathname;
        });
        await page.keyboard.press(key);
        // Whatever the key began, it is under way before this comes back.
        assert.equal(await page.evaluate(() => window.here && location.pathname), before, `${focusable} ${key}`);
      }
    }
    assert.deepEqual(turned, []);

    await page.locator('main h1').click();
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('ArrowRight');
    await page.waitForURL(/ordered_results\.html$/);
    await close();
  });

  test('a picture is one stop, and its bars are reached by the arrows', async () => {
    const { page, close } = await lesson();
    const figure = page.locator('figure.timeline').first();
    const bars = figure.locator('.span');
    const count = await bars.count();
    assert.ok(count > 3);
    const stops = () => figure.locator('[tabindex="0"]').count();
    const at = () => bars.evaluateAll(bars => bars.indexOf(document.activeElement));
    assert.equal(await stops(), 1);
    await bars.first().focus();
    for (const [key, to] of [['ArrowRight', 1], ['ArrowRight', 2], ['ArrowLeft', 1], ['End', count - 1],
      ['ArrowRight', count - 1], ['Home', 0], ['ArrowLeft', 0], ['ArrowRight', 1]]) {
      await page.keyboard.press(key);
      assert.equal(await at(), to, key);
      const line = await figure.evaluate(figure => getComputedStyle(figure, '::after').content);
      assert.ok(line.includes(await bars.nth(to).getAttribute('aria-label')), key);
    }
    assert.equal(await stops(), 1);
    await page.keyboard.press('Tab');
    assert.equal(await figure.evaluate(figure => figure.contains(document.activeElement)), false);
    await page.keyboard.press('Shift+Tab');
    assert.equal(await at(), 1, 'where one has been');
    await close();
  });

  test('two links lead to the exercise and to the quiz, seen when they have the focus', async () => {
    const { page, close } = await lesson();
    const skip = page.locator('.skip a');
    const box = async () => {
      const { x, y, width, height } = await skip.first().boundingBox();
      return x >= 0 && y >= 0 && width > 1 && height > 1;
    };
    assert.equal(await box(), false, 'nobody else sees them');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the exercise');
    assert.ok(await box());
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    let presses = 0;
    do {
      assert.ok(++presses < 8, 'the quiz is not far from its link');
      await page.keyboard.press('Tab');
    } while (!await page.evaluate(() => document.activeElement.closest('.quiz form')));
    await close();
  });

  test('without JavaScript the links are at the chapter\'s head', async () => {
    const { page, close } = await lesson({ javaScriptEnabled: false });
    const links = page.locator('main > .skip:first-child a');
    assert.deepEqual(await links.evaluateAll(links => links.map(link => link.getAttribute('href'))),
      ['#exercise', `#quiz-${LESSON}`]);
    await close();
  });

  test('a listing that only a click unfolds can be scrolled by keyboard', async () => {
    const { page, close } = await lesson({ viewport: PHONE });
    await page.goto(`${server.url}fan_out_fan_in.html`);
    const folded = page.locator('main details:not(.answer):has(> pre > code)').first();
    const code = folded.locator('pre > code').first();
    await folded.evaluate(details => {
      details.open = false;
      details.querySelector('pre > code').append('x'.repeat(200));
    });
    await folded.locator('summary').first().click();
    await folded.locator('code[tabindex="0"]').first().waitFor();
    assert.ok(await code.evaluate(code => code.scrollWidth > code.clientWidth));
    await close();
  });
});
