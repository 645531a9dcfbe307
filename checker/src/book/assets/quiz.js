// Judges a quiz's answers at once and keeps them in this browser; shows how far one is, in the table of
// contents and in the course map; says what a timeline's bars are. Under `cargo checker serve` answers
// are recorded, and live.js tells how far one is.
(() => {
const token = document.querySelector('meta[name="course-token"]')?.content;

const el = (tag, properties, ...parts) => {
	const element = Object.assign(document.createElement(tag), properties);
	element.append(...parts);
	return element;
};
const copies = node => node.cloneNode(true).childNodes;
const words = text => text.trim().replace(/\s+/g, ' ').replace(/^`+|`+$/g, '').toLowerCase();
const lines = text => text.trim().split('\n').map(line => line.trimEnd()).join('\n');

const chapters = () => [...document.querySelectorAll('.chapter-item > .chapter-link-wrapper > a')];
const slugOf = link => link.pathname.match(/(\w+)\.html$/)?.[1];

function kept(slug) {
	try {
		return JSON.parse(localStorage.getItem(`course-quiz-${slug}`)) ?? {};
	} catch {
		// Switched off, or not ours.
		return {};
	}
}

function keep(slug, state) {
	try {
		localStorage.setItem(`course-quiz-${slug}`, JSON.stringify(state));
	} catch {
		// Without storage, answers last as long as the page.
	}
}

class Question {
	constructor(form) {
		this.form = form;
		this.id = form.dataset.question;
		this.kind = form.dataset.kind;
		this.choices = [...form.querySelectorAll('label input:not([type=text])')];
		// Of a short answer one, of a traced program one for each of its two choices.
		this.fields = [...form.querySelectorAll('[type=text], textarea, [type=number]')];
		this.verdict = form.querySelector('.verdict');
		if (this.kind === 'tracing') {
			this.fields.forEach((field, i) =>
				field.addEventListener('input', () => { this.choices[i].checked = true; }));
		}
	}

	// Judges each answer that is given, and tells of it.
	listen(tell) {
		const { form } = this;
		const button = form.querySelector('[type=submit]');
		button.hidden = button.disabled = false;
		// Else mdBook's copy buttons submit.
		for (const other of form.querySelectorAll('button:not([type])')) other.type = 'button';
		form.addEventListener('submit', event => {
			event.preventDefault();
			const answer = this.answer();
			if (!answer) {
				this.verdict.replaceChildren(el('p', {}, 'Answer first, then check.'));
				return;
			}
			this.judge(answer);
			tell(answer);
		});
	}

	// In the shape in which the checker takes it; nothing while there is none.
	answer() {
		const chosen = this.choices.filter(choice => choice.checked).map(choice => choice.value);
		const [first, line] = this.fields.map(field => field.value);
		if (this.kind === 'text') return first.trim();
		if (this.kind === 'one' || !chosen.length) return chosen[0];
		if (this.kind === 'several') return chosen;
		return chosen[0] === 'prints' ? { stdout: first } : line && { line: +line };
	}

	fill(answer) {
		const { stdout, line } = answer ?? {};
		const values = this.kind === 'tracing' ? [stdout, line] : [answer];
		this.fields.forEach((field, i) => { field.value = values[i] ?? ''; });
		const chosen = [answer, stdout != null && 'prints', line && 'fails'].flat();
		for (const choice of this.choices) choice.checked = chosen.includes(choice.value);
	}

	isRight(answer) {
		const { accepted, stdout, line } = this.form.dataset;
		if (accepted) return accepted.split('\n').some(right => words(right) === words(answer));
		if (line) return answer.line === +line;
		if (this.kind === 'tracing') return lines(answer.stdout ?? '\0') === lines(stdout);
		const chosen = [answer].flat();
		return this.choices.every(choice => 'right' in choice.dataset === chosen.includes(choice.value));
	}

	judge(answer) {
		const right = this.isRight(answer);
		this.form.dataset.verdict = right ? 'right' : 'wrong';
		const parts = [el('strong', {}, right ? 'Right.' : 'Not right yet.')];
		const said = [...this.form.querySelectorAll('.answer .feedback')];
		if (this.kind === 'one' || this.kind === 'several') {
			const taken = said.filter((_, i) => [answer].flat().includes(this.choices[i].value));
			if (!right && taken.every(feedback => feedback.matches('[data-right] *'))) {
				parts.push(el('p', {}, 'That is right, but something is missing.'));
			}
			parts.push(...this.kind === 'one'
				? copies(taken[0])
				: [el('ul', {}, ...taken.map(feedback => feedback.parentNode.cloneNode(true)))]);
		} else if (!right) {
			parts.push(...copies(said[0]));
		}
		const context = copies(this.form.querySelector('.explanation'));
		// Closed after a wrong answer, for whoever wants to try again first.
		parts.push(...right ? context : [el('details', {}, el('summary', {}, 'Explanation'), ...context)]);
		this.verdict.replaceChildren(...parts);
	}
}

class Quiz {
	constructor(section) {
		this.slug = section.dataset.quiz;
		this.needed = +section.dataset.needed;
		this.state = section.querySelector('.state');
		this.result = section.querySelector('.result');
		this.questions = [...section.querySelectorAll('form')].map(form => new Question(form));
		this.load();
		for (const question of this.questions) {
			const { id } = question;
			question.listen(answer => this.check(question, answer));
			if (this.kept[id]) {
				question.fill(this.kept[id].answer);
				question.judge(this.kept[id].answer);
			}
		}
		this.finish();
	}

	// `kept`: by question its version, the first answer, the one that counts. `sent`: recorded last.
	// `missed`: wrong at first, in a quiz that has passed; those that have come back are `back`.
	load() {
		Object.assign(this, { kept: {} }, kept(this.slug));
		for (const { id, form } of this.questions) {
			if (this.kept[id]?.version !== form.dataset.version) delete this.kept[id];
		}
	}

	save() {
		const { kept, sent, score, missed, back } = this;
		keep(this.slug, { kept, sent, score, missed, back });
	}

	check(question, answer) {
		const { version } = question.form.dataset;
		const kept = this.kept[question.id] ??= { version, first: answer };
		// Once right, it stays: the other choices' feedback can be read.
		if (!kept.answer || !question.isRight(kept.answer)) kept.answer = answer;
		this.save();
		this.finish();
	}

	async finish() {
		if (!this.questions.every(({ id }) => this.kept[id])) return;
		const wrong = which => this.questions.filter(q => !q.isRight(this.kept[q.id][which]));
		const count = this.questions.length;
		const [first, right] = ['first', 'answer'].map(which => count - wrong(which).length);
		const passed = right >= this.needed;
		const alone = !document.querySelector('[data-exercise]');
		this.score = [`${right} of ${count}`, passed, alone];
		this.missed = passed ? wrong('first').map(({ id }) => id).filter(id => !this.back?.includes(id)) : [];
		this.save();
		showKept();
		const links = wrong('answer').flatMap(({ form }) =>
			[' ', el('a', { href: `#${form.id}` }, form.querySelector('.number').textContent)]);
		const note = el('p', {}, token ? '' : 'Kept in this browser.');
		const receipt = JSON.stringify({ receipt: 1, lesson: this.slug, kept: this.kept });
		this.result.replaceChildren(
			el('p', {}, el('strong', {}, `${right} of ${count} right: ${passed ? 'passed' : 'not passed yet'}.`), ` ${first} at the first try.`),
			...links.length ? [el('p', {}, 'To try again:', ...links)] : [],
			note,
			...token ? [] : [el('details', {}, el('summary', {}, 'Receipt for cargo checker record'), el('code', {}, receipt))],
			el('button', { type: 'button', onclick: () => this.restart() }, 'Start again'),
		);
		if (!token) return;
		// In turn: a second answer must not overtake the first.
		this.recording = Promise.resolve(this.recording).then(() => this.record());
		note.textContent = await this.recording;
	}

	// The first answers once, then those that count whenever they have changed.
	async record() {
		for (const which of this.sent ? ['answer'] : ['first', 'answer']) {
			const answers = this.questions.map(({ id }) => [id, this.kept[id][which]]);
			const body = JSON.stringify(Object.fromEntries(answers));
			if (body === this.sent) continue;
			try {
				const headers = { 'content-type': 'application/json', 'x-course-token': token };
				const response = await fetch(`/__api/quiz/${this.slug}`, { method: 'POST', headers, body });
				if (!response.ok) return `Not recorded: ${(await response.json()).error}`;
			} catch {
				return 'Not recorded: the server has stopped. Start it and reload; your answers are kept.';
			}
			this.sent = body;
			this.save();
		}
		return 'Recorded in your progress.';
	}

	restart() {
		this.kept = {};
		this.sent = this.score = this.missed = this.back = undefined;
		this.save();
		showKept();
		this.result.replaceChildren();
		for (const question of this.questions) {
			question.fill();
			question.verdict.replaceChildren();
			delete question.form.dataset.verdict;
		}
		this.questions[0].form.querySelector('input').focus();
	}
}

// `mark`: in the table of contents; `cells`: in the course map, words for quiz and exercise and whether
// it has passed.
window.showStandings = lessons => {
	let next;
	for (const { slug, mark, todo, cells } of lessons) {
		for (const link of chapters()) {
			if (slugOf(link) !== slug) continue;
			link.querySelector('.done')?.remove();
			if (mark) link.append(el('span', { className: mark }, ` (${mark})`));
		}
		const row = document.querySelector(`[data-lesson=${slug}]`);
		row?.querySelectorAll('.state').forEach((cell, i) => {
			const [words, passed] = cells[i] ?? ['–'];
			cell.textContent = words;
			cell.toggleAttribute('data-passed', !!passed);
		});
		if (todo && row) next ??= ['Next: ', row.querySelector('a').cloneNode(true), cells[0]?.[1] ? ': exercise' : ''];
	}
	document.querySelector('.up-next')?.replaceChildren(...next ?? ['All done.']);
};

// Without a progress log, this browser's quizzes are all that is known.
function showKept() {
	if (!token) window.showStandings(chapters().map(link => {
		const slug = slugOf(link);
		const [words, passed, alone] = kept(slug).score ?? [];
		return { slug, mark: passed && (alone ? 'done' : 'half done'), todo: !passed, cells: words ? [[words, passed]] : [] };
	}));
}
showKept();

// What was missed at first comes back once, before another lesson's quiz: one question of each lesson.
async function again(section) {
	for (const link of chapters()) {
		const slug = slugOf(link);
		const state = kept(slug);
		const [id] = state.missed ?? [];
		if (!id || slug === section.dataset.quiz) continue;
		const page = new DOMParser().parseFromString(await (await fetch(link)).text(), 'text/html');
		const form = page.querySelector(`[data-question="${id}"]`);
		if (!form) continue;
		new Question(form).listen(() => {
			state.back = [...state.back ?? [], id];
			state.missed = state.missed.filter(other => other !== id);
			keep(slug, state);
		});
		const title = link.textContent.replace(/^[\d. ]+| \(.*/g, '');
		section.prepend(
			el('p', {}, 'You missed this one at first, in ', el('a', { href: link.href }, title), '. It does not count.'),
			form,
		);
	}
}

for (const section of document.querySelectorAll('.quiz')) {
	new Quiz(section);
	// No network, no questions of other pages.
	again(section).catch(() => {});
}

// What is under the pointer, or has the focus.
for (const kind of ['pointerover', 'focusin']) {
	document.addEventListener(kind, ({ target }) => {
		const part = target.closest?.('.timeline [aria-label]');
		if (part) part.closest('figure').dataset.about = part.ariaLabel;
	});
}

// Whoever has no mouse must be able to scroll what is too wide.
for (const box of document.querySelectorAll('main :is(code, figure, .table-wrapper, .scroll)')) {
	if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
}

})();
