// Under `cargo checker serve`: reloads after a build, shows why one failed, and how far one is.
(() => {
	const meta = name => document.querySelector(`meta[name="course-${name}"]`).content;
	const version = meta('version');
	const headers = { 'x-course-token': meta('token') };
	let source;
	let progress;
	let asked = 0;

	function show(error) {
		document.getElementById('build-error')?.remove();
		if (!error) return;
		const banner = document.createElement('pre');
		banner.id = 'build-error';
		banner.textContent = `The book cannot be built; this is the last good page.\n\n${error}`;
		banner.setAttribute('role', 'alert');
		document.querySelector('main').before(banner);
	}

	async function showProgress() {
		const turn = ++asked;
		const response = await fetch('/__api/status', { headers });
		const { lessons } = await response.json();
		if (turn !== asked) return;
		window.showStandings(lessons);
		for (const { slug, at, note, exercise, live } of lessons) {
			const date = new Date(at * 1000).toLocaleDateString('en-GB', { dateStyle: 'long' });
			const quiz = document.querySelector(`#quiz-${slug} .state`);
			if (quiz) quiz.textContent = note.replace('{date}', date);
			const box = document.querySelector(`[data-exercise=${slug}]`);
			if (!box) continue;
			const [state, run] = box.children;
			state.textContent = exercise;
			if (!live) continue;
			// The server has escaped every word of it. What was there stays while tests run.
			box.dataset.passed = live.passed;
			run.innerHTML = live.html;
		}
	}

	function listen() {
		source?.close();
		// A browser opens six connections to a host; pages in the background must not hold them all.
		if (document.hidden) return;
		source = new EventSource(`/__live${location.pathname}`);
		source.onmessage = ({ data }) => {
			const now = JSON.parse(data);
			if (now.version !== version) {
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
