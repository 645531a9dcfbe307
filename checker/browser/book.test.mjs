import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { Course, barriers, host, launch, open, serve, shifts, watchShifts } from './course.mjs';
import { answerByKeyboard, waitANight } from './quiz.mjs';

const LESSON = 'worker_pool';
const WITHOUT_EXERCISE = 'choosing_a_pattern';
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

  test('the course map tells how far one is and what is next', async () => {
    const { page, close } = await open(browser, server.url);
    await page.goto(`${server.url}start.html`);
    const row = page.locator(`[data-lesson=${LESSON}]`);
    await row.locator('.state[data-passed]').first().waitFor();
    assert.match(await row.innerText(), /(\d+) of \1\s+passed \+/);
    assert.match(await page.locator('.course-map .key').innerText(), /In all, \d+ to \d+ hours\. \+ passed with stretch\./);
    await page.locator('.up-next').getByText('Next: ').waitFor();
    assert.equal(await page.locator('.up-next a').getAttribute('href'), 'start_simple.html');
    await close();
  });

  for (const [name, told] of [['start', '.state[data-passed]'], [LESSON, '.quiz .state:not(:empty)']]) {
    test(`nothing on ${name} moves when marks and states arrive`, async () => {
      const { page, close } = await open(browser, server.url);
      let arrive;
      const late = new Promise(go => { arrive = go; });
      await page.route('**/__api/status', async route => {
        await late;
        await route.continue();
      });
      await watchShifts(page);
      await page.goto(`${server.url}${name}.html`);
      // mdBook's own fonts and headings move things before.
      const before = await shifts(page);
      arrive();
      await page.locator(told).first().waitFor({ state: 'attached' });
      await page.locator('.chapter-link-wrapper > a', { hasText: '(done)' }).first().waitFor();
      assert.equal(await shifts(page), before);
      await close();
    });
  }

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

  test('a bar says what it is, to the pointer and to the focus', async () => {
    const { page, close } = await open(browser, server.url);
    await page.goto(`${server.url}${LESSON}.html`);
    const figure = page.locator('figure.timeline').first();
    const bars = figure.locator('.span');
    const line = () => figure.evaluate(figure => getComputedStyle(figure, '::after').content);
    const height = await figure.evaluate(figure => figure.offsetHeight);
    await bars.nth(1).hover();
    assert.ok((await line()).includes(await bars.nth(1).getAttribute('aria-label')));
    await bars.nth(2).focus();
    assert.ok((await line()).includes(await bars.nth(2).getAttribute('aria-label')));
    assert.equal(await figure.evaluate(figure => figure.offsetHeight), height, 'nothing moves');
    await close();
  });

  test('answers lead to a pattern by keyboard; the address is that of the choice', async () => {
    const { page, close } = await open(browser, server.url);
    await page.goto(`${server.url}decision_tree.html`);
    const step = page.locator('.decision .step:visible');
    assert.equal(await step.count(), 1);
    assert.match(await step.innerText(), /Is one job after another fast enough/);
    for (const answer of [/^No: the loop/, /It computes/, /One batch/, /^Yes/]) {
      await step.getByRole('link', { name: answer }).focus();
      await page.keyboard.press('Enter');
      assert.equal(await step.count(), 1);
      assert.equal(await page.evaluate(() => document.activeElement.className), 'step', 'the focus comes along');
    }
    assert.match(await step.innerText(), /Fork–join on scoped threads[^]*Not rayon[^]*Lesson: Fork–join/);
    assert.equal(new URL(page.url()).hash, '#which-fork-join');

    await page.goBack();
    assert.match(await step.innerText(), /Are its parts of equal size/);
    await step.getByRole('link', { name: 'a job …' }).click();
    await step.getByRole('link', { name: /It waits/ }).waitFor();
    await close();

    const shared = await open(browser, server.url);
    await shared.page.goto(`${server.url}decision_tree.html#which-fan-out`);
    await shared.page.locator('.step:visible').getByText('The lesson on it is not written yet.')
      .or(shared.page.locator('.step:visible').getByRole('link', { name: /^Fan-out/ })).first().waitFor();
    await shared.close();
  });

  test('on paper all that is folded away is there, and nothing that only a click would use', async () => {
    const { page, close } = await open(browser, server.url, { theme: 'navy' });
    await page.goto(`${server.url}print.html`, { waitUntil: 'commit' });
    await page.waitForLoadState('domcontentloaded');
    await page.emulateMedia({ media: 'print' });
    assert.ok(await page.locator('.quiz .answer .explanation').first().isVisible());
    for (const text of ['main p', 'main pre code', '.diagram text']) {
      const black = await page.locator(text).first().evaluate(text => {
        const { color, fill } = getComputedStyle(text);
        return text.closest('svg') ? fill : color;
      });
      assert.equal(black, 'rgb(0, 0, 0)', text);
    }
    assert.equal(await page.locator('.quiz [type=submit]:visible').count(), 0);
    assert.equal(await page.locator('.decision .steps:visible').count(), 0);
    assert.ok(await page.locator('.decision .whole li').first().isVisible());
    const dead = await page.locator('main a[href^="#"]').evaluateAll(links => links
      .filter(link => !document.getElementById(decodeURIComponent(link.hash.slice(1))))
      .map(link => link.hash));
    assert.deepEqual(dead, [], 'links within the single page');
    await close();
  });

  test('whoever wants less motion gets none', async () => {
    const { page, close } = await open(browser, server.url, { reducedMotion: 'reduce' });
    await page.goto(`${server.url}${LESSON}.html`);
    const moving = await page.evaluate(() => [...document.querySelectorAll('*')].filter(element => {
      const { transitionDuration, transitionProperty, animationName } = getComputedStyle(element);
      return animationName !== 'none' || transitionProperty !== 'none' && transitionDuration !== '0s';
    }).map(element => element.outerHTML.slice(0, 80)));
    assert.deepEqual(moving, []);
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
    const mark = page.locator('.chapter-link-wrapper > a', { hasText: '(half done)' });
    assert.equal(await mark.count(), 1, 'the exercise is unknown here');
    await page.reload();
    await result.getByText(`${count} of ${count} right: passed.`).waitFor();
    assert.equal(await mark.count(), 1);
    await page.goto(`${server.url}start.html`);
    assert.match(await page.locator(`[data-lesson=${LESSON}]`).innerText(), new RegExp(`${count} of ${count}`));
    assert.equal(await mark.count(), 1);
    await page.goBack();

    await result.locator('summary').click();
    const said = course.record(await result.locator('code').innerText());
    assert.match(said, new RegExp(`${count} of ${count} right: the quiz of ${LESSON} is passed`));

    await result.getByRole('button', { name: 'Start again' }).click();
    assert.equal(await page.locator('.verdict', { hasText: 'Right.' }).count(), 0);
    await page.reload();
    assert.equal(await result.innerText(), '');
    await close();
  });

  test('a lesson without an exercise is done with its quiz', async () => {
    const { page, close } = await open(browser, server.url);
    await page.goto(`${server.url}${WITHOUT_EXERCISE}.html`);
    await answerByKeyboard(page, WITHOUT_EXERCISE, true);
    const mark = page.locator('.chapter-link-wrapper > a', { hasText: '(done)' });
    assert.equal(await mark.count(), 1);
    await page.goto(`${server.url}start.html`);
    assert.equal(await mark.count(), 1);
    await close();
  });

  test('what was missed at first comes back once, after a night, before another quiz, and does not count', async () => {
    const { page, close } = await open(browser, server.url);
    await page.goto(`${server.url}${LESSON}.html`);
    await answerByKeyboard(page, LESSON, false);
    const missed = await page.locator('.quiz form').first().getAttribute('data-question');
    const back = page.locator(`#quiz-pipeline form[data-question="${missed}"]`);
    const own = page.locator('#quiz-pipeline form');

    await page.goto(`${server.url}pipeline.html`);
    const count = await own.count();
    assert.equal(await back.count(), 0, 'a quiz that has not passed asks itself');

    await page.goto(`${server.url}${LESSON}.html`);
    await answerByKeyboard(page, LESSON, true);
    await page.goto(`${server.url}pipeline.html`);
    await page.waitForLoadState('networkidle');
    assert.equal(await back.count(), 0, 'what was read a minute ago is no test');

    await waitANight(page, LESSON);
    await page.reload();
    await back.waitFor();
    assert.match(await page.locator('#quiz-pipeline > p').first().innerText(), /You missed this one at first, in Worker pool\./);
    assert.equal(await own.count(), count + 1);
    assert.deepEqual(await barriers(page), []);
    await back.locator('input').first().check();
    await back.locator('[type=submit]').click();
    await back.locator('.verdict', { hasText: /^(Right|Not right yet)\./ }).waitFor();

    await page.reload();
    await page.waitForLoadState('networkidle');
    assert.equal(await back.count(), 0);
    await close();
  });

  test('without JavaScript the map is a table of contents, and a choice of pattern works', async () => {
    const { page, close } = await open(browser, server.url, { javaScriptEnabled: false });
    await page.goto(`${server.url}start.html`);
    const map = page.locator('.course-map');
    assert.match(await map.innerText(), /Worker pool ★\s+15\s+60–90/);
    assert.equal(await map.locator('.state:visible, .up-next:visible').count(), 0);
    await map.getByRole('link', { name: 'Worker pool' }).click();
    assert.match(page.url(), /worker_pool\.html$/);

    await page.goto(`${server.url}decision_tree.html`);
    const step = page.locator('.decision .step:visible');
    await step.getByRole('link', { name: /^No: the loop/ }).click();
    await step.getByRole('link', { name: /It waits/ }).click();
    assert.match(await step.innerText(), /What must hold/);
    assert.ok(await page.locator('.tree svg').isVisible());
    assert.ok(await page.locator('.whole li').first().isVisible());
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
