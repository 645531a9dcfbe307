// Under `cargo checker serve`: reloads after a build, shows why one failed, and how far one is.
(() => {
	const meta = name => document.querySelector(`meta[name="course-${name}"]`).content;
	const build = meta('build');
	const headers = { 'x-course-token': meta('token') };
	let source;
	let progress;
	let asked = 0;

	const el = (tag, text, className = '') =>
		Object.assign(document.createElement(tag), { textContent: text, className });

	function show(error) {
		document.getElementById('build-error')?.remove();
		if (!error) return;
		const banner = el('pre', `The book cannot be built; this is the last good page.\n\n${error}`);
		banner.id = 'build-error';
		banner.setAttribute('role', 'alert');
		document.querySelector('main').before(banner);
	}

	// What the learner's code says is text. The picture's renderer has escaped all that it was given.
	function showExercise(box, { slug, exercise, live }) {
		const [state, run] = box.children;
		const { passed, came_to, rungs, sentence, details, picture } = live?.checked ?? {};
		box.dataset.passed = passed ?? '';
		state.textContent = live === 'checking' ? 'Its tests run …'
			: live ? [came_to, ...rungs].join(' · ')
			: `${exercise} Save exercises/src/${slug}.rs, and what its tests say appears here.`;
		if (live === 'checking') return;
		const drawn = new DOMParser().parseFromString(picture ?? '', 'text/html').body.children;
		run.replaceChildren(
			...sentence ? [el('p', sentence, 'sentence')] : [],
			...drawn,
			...details ? [el('pre', details)] : [],
		);
	}

	async function showProgress() {
		const turn = ++asked;
		const response = await fetch('/__api/status', { headers });
		const { lessons } = await response.json();
		if (turn !== asked) return;
		for (const lesson of lessons) {
			const { slug, complete, at, note } = lesson;
			for (const link of document.querySelectorAll('.chapter-item > .chapter-link-wrapper > a')) {
				if (!link.pathname.endsWith(`/${slug}.html`)) continue;
				link.querySelector('.done')?.remove();
				if (complete) link.append(el('span', ' (done)', 'done'));
			}
			const date = new Date(at * 1000).toLocaleDateString('en-GB', { dateStyle: 'long' });
			const quiz = document.querySelector(`#quiz-${slug} .state`);
			if (quiz) quiz.textContent = note.replace('{date}', date);
			const box = document.querySelector(`[data-exercise=${slug}]`);
			if (box) showExercise(box, lesson);
		}
	}

	function listen() {
		source?.close();
		// A browser opens six connections to a host; pages in the background must not hold them all.
		if (document.hidden) return;
		source = new EventSource('/__live');
		source.onmessage = ({ data }) => {
			const now = JSON.parse(data);
			if (now.build !== build) {
				source.close();
				location.reload();
				return;
			}
			show(now.error);
			if (progress !== now.progress) showProgress().catch(() => {});
			progress = now.progress;
		};
	}

	document.addEventListener('visibilitychange', listen);
	listen();
})();
