// Under `cargo checker serve`: reloads after a build, shows why one failed, tells of new progress.
(() => {
	const build = document.querySelector('meta[name="course-build"]').content;
	let source;
	let progress;

	function show(error) {
		document.getElementById('build-error')?.remove();
		if (!error) return;
		const banner = document.createElement('pre');
		banner.id = 'build-error';
		banner.setAttribute('role', 'alert');
		document.querySelector('main').before(banner);
		banner.textContent = `The book cannot be built; this is the last good page.\n\n${error}`;
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
			if (progress !== now.progress) document.dispatchEvent(new Event('course:progress'));
			progress = now.progress;
		};
	}

	document.addEventListener('visibilitychange', listen);
	listen();
})();
