// What the browser keeps of a quiz, and what becomes of it where a page is open twice or nothing is kept.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { Course, host, launch, open, serve } from './course.mjs';
import { answerByKeyboard, waitANight } from './quiz.mjs';

const LESSON = 'start_simple';

describe('answers in the browser', () => {
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
  const url = lesson => `${server.url}${lesson}.html`;
  const verdicts = page => page.locator('.question[data-verdict]');

  async function answerWrongly(page, number) {
    const form = page.locator('.quiz form').nth(number);
    await form.evaluate(form => {
      for (const input of form.querySelectorAll('label input')) {
        if (input.type === 'text') input.value = 'something else';
        else if (input.type === 'radio') input.checked = !('right' in input.dataset);
        else input.checked = true;
      }
    });
    await form.locator('[type=submit]').click();
    await form.locator('.verdict', { hasText: 'Not right yet.' }).waitFor();
  }

  test('a pass outlives what another tab does', async () => {
    const { page: first, close } = await open(browser, server.url);
    const second = await first.context().newPage();
    await first.goto(url(LESSON));
    await second.goto(url(LESSON));
    const count = await answerByKeyboard(first, LESSON, true);
    const passed = page => page.locator('.result').getByText(`${count} of ${count} right: passed.`);
    await passed(first).waitFor();
    await passed(second).waitFor();

    await answerWrongly(second, 0);
    await first.reload();
    await passed(first).waitFor();
    assert.equal(await first.locator('.chapter-link-wrapper > a', { hasText: 'done)' }).count(), 1);
    await close();
  });

  test('a half-typed answer stays while another tab answers', async () => {
    const { page: first, close } = await open(browser, server.url);
    const second = await first.context().newPage();
    await first.goto(url(LESSON));
    await second.goto(url(LESSON));
    const field = second.locator('.quiz textarea, .quiz [type=text]').first();
    await field.fill('half');
    await answerWrongly(first, 0);
    await verdicts(second).first().waitFor();
    assert.equal(await field.inputValue(), 'half');
    await close();
  });

  test('what one tab starts again is empty in the other', async () => {
    const { page: first, close } = await open(browser, server.url);
    const second = await first.context().newPage();
    await first.goto(url(LESSON));
    await answerByKeyboard(first, LESSON, true);
    await second.goto(url(LESSON));
    await second.locator('.result button').waitFor();
    await first.locator('.result button').click();
    await second.locator('.result:empty').waitFor({ state: 'attached' });
    assert.equal(await verdicts(second).count(), 0);
    await answerWrongly(second, 0);
    await first.reload();
    assert.equal(await verdicts(first).count(), 1);
    await close();
  });

  test('a question that came back leaves the answers of its lesson alone', async () => {
    const { page: first, close } = await open(browser, server.url);
    const second = await first.context().newPage();
    await first.goto(url(LESSON));
    await answerWrongly(first, 0);
    await answerByKeyboard(first, LESSON, true);
    await waitANight(first, LESSON);
    await second.goto(url('fork_join'));
    const back = second.locator('#quiz-fork_join form').first();
    await second.getByText('You missed this one at first').waitFor();

    await first.locator('.result button').click();
    await answerWrongly(first, 4);
    await back.locator('input').first().check();
    await back.locator('[type=submit]').click();
    await back.locator('.verdict', { hasText: /right/i }).waitFor();
    await first.reload();
    assert.equal(await verdicts(first).count(), 1);
    assert.equal(await first.locator('.result').innerText(), '');
    await close();
  });

  test('under the checker, what was missed comes back to a browser that has never seen it', async () => {
    const served = await serve(course);
    try {
      const first = await open(browser, served.url);
      await first.page.goto(`${served.url}${LESSON}.html`);
      for (const wanted of [false, true]) {
        await answerByKeyboard(first.page, LESSON, wanted);
        await first.page.getByText(wanted ? 'You passed this quiz' : 'not passed yet').first().waitFor();
      }
      const log = course.path('.checker/progress.jsonl');
      // Each answer that changes is posted in its turn; the pass is the last of them.
      const isRecorded = () => readFileSync(log, 'utf8').includes('"passed":true');
      for (let looks = 0; looks < 3000 && !isRecorded(); looks++) await first.page.waitForTimeout(20);
      assert.ok(isRecorded(), 'the pass was not recorded');
      await first.close();
      const aYearAgo = line => line.replace(/"time":\d+/, '"time":1700000000');
      writeFileSync(log, readFileSync(log, 'utf8').split('\n').map(aYearAgo).join('\n'));

      const { page, close } = await open(browser, served.url);
      const listed = page.waitForResponse(answer => answer.url().endsWith('/missed/fork_join'));
      await page.goto(`${served.url}fork_join.html`);
      const count = (await (await listed).json()).length;
      assert.ok(count >= 1, 'nothing comes back');
      const back = page.locator('#quiz-fork_join > p', { hasText: 'You missed this one at first, in ' });
      // All of them: one that comes in meanwhile would be another first form.
      await back.nth(count - 1).waitFor();
      const form = page.locator('#quiz-fork_join form').first();
      const recorded = page.waitForResponse(answer => answer.url().endsWith(`/missed/${LESSON}`));
      await answerWrongly(page, 0);
      assert.equal((await recorded).status(), 204);
      assert.match(readFileSync(log, 'utf8'), /"kind":"review"/);
      const question = await form.getAttribute('data-question');
      await page.reload();
      await back.first().waitFor();
      assert.equal(await page.locator(`#quiz-fork_join form[data-question="${question}"]`).count(), 0);
      assert.ok(await back.count() <= count);
      await close();
    } finally {
      await served.stop();
    }
  });

  // The same rule as in checker/src/quiz/grade.rs, and the same examples.
  test('blanks count only between two words', async () => {
    const { page, close } = await open(browser, server.url);
    await page.goto(url(LESSON));
    const form = page.locator('form[data-stdout]').first();
    await form.locator('[value=prints]').check();
    for (const [right, given, fits] of [
      ['[3, 12, 21, 9]', '[3,12,21,9]', true],
      ['[3, 12, 21, 9]', ' [ 3, 12,\t21 ,9 ]\n', true],
      ['Some(1)\n(2, 3)', 'Some( 1 )\n(2,3)  \n', true],
      ['1 2', '12', false],
      ['1\n2', '1 2', false],
      ['a b', 'ab', false],
    ]) {
      await form.evaluate((form, right) => { form.dataset.stdout = right; }, right);
      await form.locator('textarea').fill(given);
      await form.locator('[type=submit]').click();
      assert.equal(await form.getAttribute('data-verdict'), fits ? 'right' : 'wrong', given);
    }
    await close();
  });

  for (const [how, block] of [
    ['refuses its storage', () => {
      Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });
    }],
    ['has no room left', () => {
      Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };
    }],
  ]) {
    test(`a browser that ${how} is not said to keep anything, and all else works`, async () => {
      const { page, close } = await open(browser, server.url);
      await page.addInitScript(block);
      await page.goto(url(LESSON));
      await page.locator('.quiz .state').getByText('This browser keeps nothing').waitFor();
      const count = await answerByKeyboard(page, LESSON, true);
      const result = page.locator('.result');
      assert.match(await result.innerText(), new RegExp(`^${count} of ${count} right: passed`));
      assert.match(await result.innerText(), /Not kept: take the receipt with you/);
      assert.doesNotMatch(await result.innerText(), /Kept in this browser/);
      assert.equal(await page.locator('.chapter-link-wrapper > a', { hasText: 'done)' }).count(), 1);
      await result.locator('summary').click();
      assert.match(course.record(await result.locator('code').innerText()), /is passed/);
      await result.getByRole('button').click();
      assert.equal(await verdicts(page).count(), 0);
      await close();
    });
  }
});
