import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { Course, barriers, host, launch, open, serve } from './course.mjs';
import { answerByKeyboard } from './quiz.mjs';

const LESSON = 'worker_pool';
const PHONE = { width: 390, height: 844 };

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

function pages(course) {
  return readdirSync(course.path('src')).filter(name => name.endsWith('.md') && name !== 'SUMMARY.md')
    .map(name => name.replace(/md$/, 'html'));
}

describe('served by the checker', () => {
  let course;
  let server;
  before(async () => {
    course = new Course();
    server = await serve(course);
  });
  after(async () => {
    assert.equal(await server.stop(), 0, 'Ctrl-C ends the server in good order');
    course.remove();
  });

  test('a quiz is failed, then passed by keyboard; the lesson gets its tick and keeps it', async () => {
    const { page, close } = await open(browser, server.url);
    await page.goto(`${server.url}${LESSON}.html`);
    const result = page.locator('.quiz .result');
    const state = page.locator('.quiz .state');
    const tick = page.locator('.chapter-link-wrapper > a', { hasText: '(done)' });

    const count = await answerByKeyboard(page, LESSON, false);
    await result.getByText('Recorded in your progress.').waitFor();
    assert.match(await result.innerText(), new RegExp(`^0 of ${count} right: not passed yet`));
    await state.getByText(`0 of ${count}, not passed yet`).waitFor();

    await answerByKeyboard(page, LESSON, true);
    await state.getByText(`You passed this quiz on`).waitFor();
    assert.match(await result.innerText(), new RegExp(`^${count} of ${count} right: passed. 0 `));
    assert.equal(await tick.count(), 0, 'the exercise is still to do');

    course.passExercise(LESSON);
    await tick.waitFor();

    await page.reload();
    await tick.waitFor();
    await state.getByText('This lesson is complete.').waitFor();
    assert.match(await result.innerText(), /right: passed/, 'the answers are still there');
    await close();
  });

  test('a page reloads when its chapter changes, and says why when it cannot', async () => {
    const { page, close } = await open(browser, server.url);
    await page.goto(`${server.url}glossary.html`);
    const source = course.path('src/glossary.md');
    const text = readFileSync(source, 'utf8');

    writeFileSync(source, `${text}\n{{#quiz no_such_lesson}}\n`);
    await page.getByRole('alert').getByText('there is no lesson `no_such_lesson`').waitFor();

    writeFileSync(source, `${text}\nA sentence from the test.\n`);
    await page.getByText('A sentence from the test.').waitFor();
    assert.equal(await page.getByRole('alert').count(), 0);
    await close();
  });

  test('without an answer, a question says what to do', async () => {
    const { page, close } = await open(browser, server.url);
    await page.goto(`${server.url}${LESSON}.html`);
    const question = page.locator('.quiz form').first();
    await question.locator('[type=submit]').click();
    assert.equal(await question.locator('.verdict').innerText(), 'Answer first, then check.');
    await close();
  });

  test('the bars of a timeline can be seen and pointed at', async () => {
    const { page, close } = await open(browser, server.url);
    await page.goto(`${server.url}${LESSON}.html`);
    const bar = page.locator('figure.timeline .span').first();
    await bar.scrollIntoViewIfNeeded();
    const seen = await bar.evaluate(span => {
      const { x, y, width, height } = span.querySelector('rect').getBoundingClientRect();
      return span.contains(document.elementFromPoint(x + width / 2, y + height / 2));
    });
    assert.ok(seen);
    await close();
  });

  for (const theme of ['light', 'navy']) {
    test(`no page is wider than a phone, and none is inaccessible, in ${theme}`, async () => {
      const { page, close } = await open(browser, server.url, { viewport: PHONE, theme });
      for (const name of pages(course)) {
        await page.goto(server.url + name);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= PHONE.width, `${name} is ${width} pixels wide`);
        assert.deepEqual(await barriers(page), [], name);
      }
      await close();
    });
  }
});

describe('on a static host', () => {
  let course;
  let server;
  before(async () => {
    course = new Course();
    course.build();
    server = await host(course.path('book'));
  });
  after(async () => {
    await server.stop();
    course.remove();
  });

  test('a quiz is answered, and a reload keeps it', async () => {
    const { page, close } = await open(browser, server.url);
    await page.goto(`${server.url}${LESSON}.html`);
    const count = await answerByKeyboard(page, LESSON, true);
    const result = page.locator('.quiz .result');
    await result.getByText('Kept in this browser.').waitFor();
    await page.reload();
    await result.getByText(`${count} of ${count} right: passed.`).waitFor();

    await result.locator('summary').click();
    const said = course.record(await result.locator('code').innerText());
    assert.match(said, new RegExp(`${count} of ${count} right: the quiz of ${LESSON} is passed`));

    await result.getByRole('button', { name: 'Start again' }).click();
    assert.equal(await page.locator('.verdict', { hasText: 'Right.' }).count(), 0);
    await page.reload();
    assert.equal(await result.innerText(), '');
    await close();
  });

  test('without JavaScript the questions and their answers can be read', async () => {
    const { page, close } = await open(browser, server.url, { javaScriptEnabled: false });
    await page.goto(`${server.url}${LESSON}.html`);
    const answers = page.locator('.quiz details.answer');
    const count = await answers.count();
    assert.equal(count, await page.locator('.quiz legend').count());
    for (let i = 0; i < count; i++) {
      assert.ok(await answers.nth(i).isVisible());
      await answers.nth(i).locator('summary').click();
      assert.ok(await answers.nth(i).locator('.explanation').isVisible());
    }
    assert.equal(await page.locator('.quiz [type=submit]').first().isVisible(), false);
    await close();
  });
});
