import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { Course, barriers, launch, open, serve } from './course.mjs';

const LESSON = 'worker_pool';
const HOSTILE = '<img src=x onerror=alert(1)><script>alert(1)</script>';
// The first run compiles the instruments.
const LONG = { timeout: 600_000 };

describe('an exercise is saved while its page is open', () => {
  let browser;
  let course;
  let server;
  before(async () => {
    browser = await launch();
    course = new Course();
    server = await serve(course);
  });
  after(async () => {
    assert.equal(await server.stop(), 0, 'Ctrl-C ends the server in good order');
    course.remove();
    await browser.close();
  });
  const exercise = () => course.path(`exercises/src/${LESSON}.rs`);

  for (const theme of ['light', 'navy']) {
    test(`the page shows the verdict and the run that proves it, in ${theme}`, async () => {
      const { page, close } = await open(browser, server.url, { theme });
      await page.goto(`${server.url}${LESSON}.html`);
      const box = page.locator('.exercise');
      await box.locator('.state:not(:empty)').waitFor();
      const empty = await box.evaluate(box => {
        const words = document.createRange();
        words.selectNodeContents(box);
        return box.offsetHeight - words.getBoundingClientRect().height;
      });
      assert.ok(empty < 60, `${empty} pixels are empty`);
      // One reads on below the exercise, as while tests run.
      await page.locator('.exercise ~ details').first().evaluate(below => below.scrollIntoView());
      const places = () => page.evaluate(() => {
        const below = [...document.querySelectorAll('.exercise ~ *')];
        return below.map(element => element.getBoundingClientRect().top);
      });
      // Browsers scroll by whole pixels.
      const stays = async () => {
        const now = await places();
        assert.ok(now.every((top, i) => Math.abs(top - before[i]) <= 1), 'what is read has not moved');
      };
      const fits = () => box.evaluate(box => box.scrollHeight <= box.clientHeight);
      const before = await places();
      await page.evaluate(() => { window.notReloaded = true; });

      cpSync(course.path(`solutions/wrong/${LESSON}/thread_per_job.rs`), exercise());
      await box.getByText(/^not passed · core \d of \d · pattern/).waitFor(LONG);
      await box.locator('.sentence').getByText(/^\d+ jobs ran at once, but the pool has \d workers?/).waitFor();
      await box.getByText(/at exercises\/tests\/worker_pool.rs:\d+/).waitFor();
      assert.ok(await box.locator('figure.timeline svg .span').count() > 1, 'the run is drawn');
      await stays();

      await box.getByText('The reference in the same test').waitFor(LONG);
      const axes = await box.locator('figure').evaluateAll(figures => figures.map(figure =>
        [...figure.querySelectorAll('.tick:not(.unit, .level)')].map(tick => tick.textContent).join()));
      assert.equal(axes.length, 2);
      assert.equal(axes[0], axes[1], 'both have the same axis');
      await stays();
      assert.ok(await fits(), 'all of it is seen');
      assert.deepEqual(await barriers(page), []);
      assert.ok(server.said.some(line => /worker_pool: core \d of \d.* jobs ran at once/.test(line)));

      cpSync(course.path(`solutions/src/${LESSON}.rs`), exercise());
      await box.getByText(/^passed · core/).waitFor(LONG);
      assert.equal(await box.locator('figure').count(), 0, 'the failed run is gone');
      await stays();
      assert.ok(await page.evaluate(() => window.notReloaded));

      await page.reload();
      await box.getByText(/^passed · core/).waitFor();
      await close();
    });
  }

  test('what the code says is shown as text', async () => {
    const { page, close } = await open(browser, server.url);
    await page.goto(`${server.url}${LESSON}.html`);
    const solution = readFileSync(course.path(`solutions/src/${LESSON}.rs`), 'utf8');
    writeFileSync(exercise(), solution.replace(/(pub fn new\([^{]*\{)/, `$1 todo!("${HOSTILE}");`));
    const box = page.locator('.exercise');
    await box.getByText(`not written yet: ${HOSTILE}`, { exact: true }).waitFor(LONG);
    assert.equal(await box.locator('img, script').count(), 0);

    writeFileSync(exercise(), `${solution}\nconst BROKEN: u8 = "${HOSTILE}";\n`);
    await box.getByText('does not compile').waitFor(LONG);
    await box.getByText(HOSTILE).first().waitFor();
    assert.equal(await box.locator('img, script').count(), 0);
    await close();
  });
});
