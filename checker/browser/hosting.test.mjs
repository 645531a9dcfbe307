// The built book where people put it: below a path of a static host, and in a folder without any.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { Course, host, launch, open } from './course.mjs';
import { answerByKeyboard } from './quiz.mjs';

const LESSON = 'start_simple';
const BELOW = '/concurrency-patterns/';
const WORKFLOW = fileURLToPath(new URL('../../.github/workflows/book.yml', import.meta.url));

// The variable with which the workflow tells the build its path.
function told() {
  const [, name] = readFileSync(WORKFLOW, 'utf8').match(/^ +(MDBOOK_\w+): \$\{\{ steps\.host\.outputs\.base_path \}\}\/$/m);
  return { [name]: BELOW };
}

describe('the built book', () => {
  let browser;
  let course;
  before(async () => {
    browser = await launch();
    course = new Course();
    course.build(told());
  });
  after(async () => {
    course.remove();
    await browser.close();
  });

  describe('below a path', () => {
    let server;
    before(async () => { server = await host(course.path('book'), BELOW); });
    after(() => server.stop());

    test('works as anywhere', async () => {
      const { page, close } = await open(browser, server.url);
      const missing = [];
      page.on('response', response => { if (!response.ok()) missing.push(response.url()); });
      await page.goto(server.url);
      await page.goto(`${server.url}${LESSON}.html`);
      await answerByKeyboard(page, LESSON, true);
      await page.locator('.result').getByText('Kept in this browser.').waitFor();
      await page.goto(`${server.url}start.html`);
      await page.locator('.up-next a').click();
      await page.waitForURL(/fork_join\.html$/);
      await page.goto(`${server.url}decision_tree.html`);
      for (const answer of [/^No: the loop/, /It waits/]) {
        await page.locator('.step:visible').getByRole('link', { name: answer }).click();
      }
      await page.goto(`${server.url}decision_tree.html?search=permit`);
      await page.locator('#mdbook-searchresults a').first().click();
      await page.waitForURL(url => url.pathname.startsWith(BELOW) && url.searchParams.has('highlight'));
      assert.deepEqual(missing, []);
      await close();
    });

    test('a page that does not exist looks like the others, and leads back', async () => {
      const { page } = await open(browser, server.url);
      const missing = [];
      page.on('response', response => { if (!response.ok()) missing.push(new URL(response.url()).pathname); });
      const wrong = `${BELOW}no/such/page.html`;
      await page.goto(new URL(wrong, server.url).href);
      await page.locator('h1', { hasText: 'not found' }).first().waitFor();
      assert.deepEqual(missing, [wrong]);
      assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector('#mdbook-menu-bar')).position), 'sticky');
      await page.locator('.chapter-link-wrapper > a', { hasText: 'Fork' }).click();
      await page.waitForURL(new URL(`${BELOW}fork_join.html`, server.url).href);
      await page.context().close();
    });
  });

  test('is read from its folder, and a quiz is answered there', async () => {
    const folder = `${pathToFileURL(course.path('book'))}/`;
    const { page, close } = await open(browser, folder);
    await page.goto(`${folder}index.html`);
    await page.locator('.up-next a', { hasText: 'Start simple' }).click();
    await page.waitForURL(`${folder}${LESSON}.html`);
    const count = await answerByKeyboard(page, LESSON, true);
    await page.locator('.result').getByText(`${count} of ${count} right: passed.`).waitFor();
    await page.reload();
    await page.locator('.result').getByText('Kept in this browser.').waitFor();
    assert.equal(await page.locator('.chapter-link-wrapper > a', { hasText: 'done)' }).count(), 1);
    const bar = page.locator('figure.timeline .span').first();
    await bar.focus();
    await page.keyboard.press('ArrowRight');
    assert.ok(await page.locator('figure.timeline').first().evaluate(figure =>
      figure.dataset.about === document.activeElement.ariaLabel));
    await close();
  });
});
