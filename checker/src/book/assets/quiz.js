// Judges a quiz's answers at once and keeps them in this browser; shows how far one is, in the table of
// contents and in the course map. Under `cargo checker serve` answers
// are recorded, and live.js tells how far one is.
(() => {
const token = document.querySelector('meta[name="course-token"]')?.content;

// Of the checker's server: with a `body`, answers are recorded.
const ask = (path, body) => fetch(`/__api/${path}`, {
	method: body && 'POST',
	headers: { 'content-type': 'application/json', 'x-course-token': token },
	body,
});
const el = (tag, properties, ...parts) => {
	const element = Object.assign(document.createElement(tag), properties);
	element.append(...parts);
	return element;
};
const copies = node => node.cloneNode(true).childNodes;
// A blank counts only between two words: [1, 2] is [1,2]. The checker's quiz/grade.rs has the same rule.
const tight = text => text.trim().replace(/\s+/g, ' ').replace(/ (?!\w)|(?<!\w) /g, '');
const words = text => tight(text.trim().replace(/^`+|`+$/g, '')).toLowerCase();
const lines = text => text.trim().split('\n').map(tight).join('\n');

const chapters = () => [...document.querySelectorAll('.chapter-item > .chapter-link-wrapper > a')];
const slugOf = link => link.pathname.match(/(\w+)\.html$/)?.[1];

const place = slug => `course-quiz-${slug}`;
// What this browser refuses to keep lasts as long as the page.
const lost = {};

function kept(slug) {
	try {
		return lost[slug] ?? JSON.parse(localStorage.getItem(place(slug))) ?? {};
	} catch {
		// Switched off, or not ours.
		return {};
	}
}

// Changes what is kept now, not what this page has last seen of it: another tab may have changed it.
function keep(slug, change) {
	const state = change(kept(slug));
	try {
		localStorage.setItem(place(slug), JSON.stringify(state));
		delete lost[slug];
	} catch {
		lost[slug] = state;
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

	clear() {
		this.verdict.replaceChildren();
		delete this.form.dataset.verdict;
	}
}

// A quiz keeps, by question, its version, the first answer, and the one that counts; the answers `sent`
// last; its `score`, and since when it has `passed`. `missed`: wrong at first, in a quiz that has passed;
// those that have come back are `back`.
class Quiz {
	constructor(section) {
		this.slug = section.dataset.quiz;
		this.needed = +section.dataset.needed;
		this.state = section.querySelector('.state');
		this.result = section.querySelector('.result');
		this.note = el('p');
		this.questions = [...section.querySelectorAll('form')].map(form => new Question(form));
		for (const question of this.questions) question.listen(answer => this.check(question, answer));
		keep(this.slug, state => state);
		if (lost[this.slug] && !token) {
			this.state.textContent = 'This browser keeps nothing: your answers last as long as this page.';
		}
		this.read();
		this.send();
		for (const kind of ['storage', 'pageshow']) {
			window.addEventListener(kind, ({ key, persisted }) => {
				if (persisted || key === place(this.slug)) this.read();
			});
		}
	}

	// Of the questions as they are on this page.
	get kept() {
		const { kept: all = {} } = kept(this.slug);
		const own = this.questions.filter(({ id, form }) => all[id]?.version === form.dataset.version);
		return Object.fromEntries(own.map(({ id }) => [id, all[id]]));
	}

	get complete() {
		return Object.keys(this.kept).length === this.questions.length;
	}

	// Shows what is kept where this page does not yet (`known`): as it arrives, and after another tab's change.
	read() {
		const { kept } = this;
		for (const question of this.questions) {
			const answer = kept[question.id]?.answer;
			if (JSON.stringify(answer) === question.known) continue;
			question.known = JSON.stringify(answer);
			question.fill(answer);
			if (answer) question.judge(answer);
			else question.clear();
		}
		this.show();
	}

	check(question, answer) {
		const { id, form: { dataset: { version } } } = question;
		const one = this.kept[id] ?? { version, first: answer };
		// Once right, it stays: the other choices' feedback can be read.
		if (!one.answer || !question.isRight(one.answer)) one.answer = answer;
		keep(this.slug, state => ({ ...state, kept: { ...state.kept, [id]: one } }));
		question.known = JSON.stringify(one.answer);
		this.show();
		this.send();
	}

	show() {
		const { kept, slug, note } = this;
		if (!this.complete) {
			this.result.replaceChildren();
			return showKept();
		}
		const wrong = which => this.questions.filter(q => !q.isRight(kept[q.id][which]));
		const count = this.questions.length;
		const [first, right] = ['first', 'answer'].map(which => count - wrong(which).length);
		const passed = right >= this.needed;
		const alone = !document.querySelector('[data-exercise]');
		keep(slug, state => ({
			...state,
			score: [`${right} of ${count}`, passed, alone],
			passed: passed ? state.passed ?? Date.now() : undefined,
			missed: passed ? wrong('first').map(({ id }) => id) : [],
		}));
		showKept();
		const links = wrong('answer').flatMap(({ form }) =>
			[' ', el('a', { href: `#${form.id}` }, form.querySelector('.number').textContent)]);
		if (!token) note.textContent = lost[slug] ? 'Not kept: take the receipt with you.' : 'Kept in this browser.';
		const receipt = JSON.stringify({ receipt: 1, lesson: slug, kept });
		this.result.replaceChildren(
			el('p', {}, el('strong', {}, `${right} of ${count} right: ${passed ? 'passed' : 'not passed yet'}.`), ` ${first} at the first try.`),
			...links.length ? [el('p', {}, 'To try again:', ...links)] : [],
			note,
			...token ? [] : [el('details', {}, el('summary', {}, 'Receipt for cargo checker record'), el('code', {}, receipt))],
			el('button', { type: 'button', onclick: () => this.restart() }, 'Start again'),
		);
	}

	async send() {
		if (!token || !this.complete) return;
		// In turn: a second answer must not overtake the first.
		this.recording = Promise.resolve(this.recording).then(() => this.record());
		this.note.textContent = await this.recording;
	}

	// The first answers once, then those that count whenever they have changed.
	async record() {
		const { kept: all } = this;
		for (const which of kept(this.slug).sent ? ['answer'] : ['first', 'answer']) {
			const answers = this.questions.map(({ id }) => [id, all[id]?.[which]]);
			const body = JSON.stringify(Object.fromEntries(answers));
			if (body === kept(this.slug).sent) continue;
			try {
				const response = await ask(`quiz/${this.slug}`, body);
				if (!response.ok) return `Not recorded: ${(await response.json()).error}`;
			} catch {
				return 'Not recorded: the server has stopped. Start it and reload; your answers are kept.';
			}
			keep(this.slug, state => ({ ...state, sent: body }));
		}
		return 'Recorded in your progress.';
	}

	restart() {
		keep(this.slug, () => ({}));
		this.read();
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

// What was missed at first comes back once, before the quiz of another lesson, after a night: pairs of a
// lesson and a question. The progress log knows it best; of this browser it is one question a lesson.
async function missed(own) {
	if (token) return (await ask(`missed/${own}`)).json();
	return chapters().map(slugOf).flatMap(slug => {
		const { missed = [], back = [], passed } = kept(slug);
		const id = missed.find(id => !back.includes(id));
		return id && slug !== own && Date.now() - passed > 8 * 3600e3 ? [[slug, id]] : [];
	});
}

async function again(section) {
	for (const [slug, id] of await missed(section.dataset.quiz)) {
		const link = chapters().find(link => slugOf(link) === slug);
		const page = new DOMParser().parseFromString(await (await fetch(link)).text(), 'text/html');
		const form = page.querySelector(`[data-question="${id}"]`);
		if (!form) continue;
		new Question(form).listen(answer => token
			? ask(`missed/${slug}`, JSON.stringify({ [id]: answer })).catch(() => {})
			: keep(slug, state => ({ ...state, back: [...state.back ?? [], id] })));
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

})();
