// Answers a page's quiz by keyboard alone, from what the page itself holds.

import assert from 'node:assert/strict';

const focused = page => page.evaluate(() => {
  const { tagName, type, checked, value, dataset, form } = document.activeElement;
  return {
    question: form?.dataset.question,
    kind: form?.dataset.kind,
    right: form && { ...form.dataset },
    tag: tagName,
    type,
    checked,
    value,
    isRight: 'right' in dataset,
  };
});

async function type(page, text) {
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText(text);
}

// What the focused field needs for a right, or for a wrong, answer.
async function fill(page, field, wanted) {
  const { kind, right } = field;
  if (field.type === 'radio') {
    await page.keyboard.press('Space');
    const fits = async () => {
      const { value, isRight } = await focused(page);
      return kind === 'tracing'
        ? value === (wanted && right.line ? 'fails' : 'prints')
        : isRight === wanted;
    };
    for (let presses = 0; !await fits(); presses++) {
      assert.ok(presses < 20, `no choice of ${field.question} fits`);
      await page.keyboard.press('ArrowDown');
    }
  } else if (field.type === 'checkbox') {
    // All ticked is wrong as well: some choice is.
    if (field.checked !== (field.isRight || !wanted)) await page.keyboard.press('Space');
  } else if (field.type === 'number') {
    if (wanted && right.line) await type(page, right.line);
  } else {
    const answer = right.accepted?.split('\n')[0] ?? right.stdout;
    await type(page, wanted && answer !== undefined ? answer : 'something else');
  }
}

// Tabs from the top of the quiz through every question, answers it, and checks it.
export async function answerByKeyboard(page, slug, wanted) {
  const questions = await page.locator(`#quiz-${slug} form`).count();
  assert.ok(questions >= 1, 'the page has a quiz');
  await page.locator(`#quiz-${slug}`).evaluate(quiz => {
    quiz.tabIndex = -1;
    quiz.focus();
  });
  for (let checked = 0, presses = 0; checked < questions; presses++) {
    assert.ok(presses < 400, 'Tab does not lead to the end of the quiz');
    await page.keyboard.press('Tab');
    const field = await focused(page);
    if (field.type === 'submit' && field.question) {
      await page.keyboard.press('Enter');
      const now = await focused(page);
      assert.deepEqual([now.type, now.question], ['submit', field.question], 'the focus stays');
      const verdict = page.locator(`form[data-question="${field.question}"] .verdict`);
      assert.equal(await verdict.getAttribute('role'), 'status');
      const said = await verdict.innerText();
      assert.match(said, wanted ? /^Right\./ : /^Not right yet\./, field.question);
      assert.ok(said.length > 30, `there is feedback: ${said}`);
      checked += 1;
    } else if (field.question && ['INPUT', 'TEXTAREA'].includes(field.tag)) {
      await fill(page, field, wanted);
    }
  }
  return questions;
}

// As if a night had passed since the quiz did.
export async function waitANight(page, slug) {
  await page.evaluate(key => {
    const state = JSON.parse(localStorage.getItem(key));
    localStorage.setItem(key, JSON.stringify({ ...state, passed: state.passed - 24 * 3600e3 }));
  }, `course-quiz-${slug}`);
}
