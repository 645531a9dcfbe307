// What a chapter's page needs beside its quiz: the keys of its pictures and of what scrolls.
(() => {
const skip = document.querySelector('.skip');
// The first stop of the page, not of the chapter.
if (skip) document.body.prepend(skip);

// A picture is one stop: the bar that has the focus, or had it last. What is under the pointer, or has the
// focus, is told below the picture.
for (const kind of ['pointerover', 'focusin']) {
	document.addEventListener(kind, ({ target }) => {
		const part = target.closest?.('.timeline [aria-label]');
		if (!part) return;
		const figure = part.closest('figure');
		figure.dataset.about = part.ariaLabel;
		if (kind === 'pointerover') return;
		for (const stop of figure.querySelectorAll('[tabindex="0"]')) stop.tabIndex = -1;
		part.tabIndex = 0;
	});
}

// mdBook turns the page at these keys wherever the focus is, text fields apart. What can have the focus
// keeps them, and so does all of a quiz: a half-typed answer is lost with the page.
document.addEventListener('keydown', event => {
	const { target, key, altKey, ctrlKey, metaKey } = event;
	if (altKey || ctrlKey || metaKey) return;
	const turns = key === 'ArrowLeft' || key === 'ArrowRight';
	if (turns && target.closest('button, summary, [tabindex], .quiz')) event.stopPropagation();
	const bars = [...target.closest('.timeline svg')?.querySelectorAll('[tabindex]') ?? []];
	const at = bars.indexOf(target);
	const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: bars.length - 1 }[key];
	if (at < 0 || !bars[to]) return;
	event.preventDefault();
	bars[to].focus();
}, true);

// Copy takes the hidden lines along, and the crates that are named below: mdBook copies a listing's inner
// text, which is what is seen of it.
for (const code of document.querySelectorAll('main pre > code')) {
	const below = code.parentNode.nextElementSibling;
	const crates = below?.className === 'needs' ? [...below.querySelectorAll('code')] : [];
	const lines = crates.map(line => `// ${line.textContent}\n`);
	Object.defineProperty(code, 'innerText', { value: lines.join('') + code.textContent });
}

// What is too large for its box scrolls, without a mouse as well. A picture's bars bring it along.
const sizes = new ResizeObserver(boxes => {
	for (const { target: box } of boxes) {
		if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight + 1) box.tabIndex = 0;
		else box.removeAttribute('tabindex');
	}
});
for (const box of document.querySelectorAll('main :is(pre > code, figure, .table-wrapper, .scroll)')) {
	if (!box.querySelector('.span')) sizes.observe(box);
}

// A reload keeps the block that is read in its place. A browser would keep the distance from the page's
// begin, but above the block others are folded again, and pictures stand as they came.
const blocks = [...document.querySelectorAll('main > *')];
const box = block => block.getBoundingClientRect();
const { at, words, top } = history.state ?? {};
if (words) history.scrollRestoration = 'manual';
addEventListener('load', () => {
	// The chapter may have changed.
	const same = block => block?.textContent === words;
	const block = same(blocks[at]) ? blocks[at] : blocks.find(same) ?? blocks[at];
	if (block) scrollBy({ top: box(block).top - top, behavior: 'instant' });
	addEventListener('scrollend', () => {
		const at = blocks.findIndex(block => box(block).bottom > 60);
		const block = blocks[at];
		if (block) history.replaceState({ at, words: block.textContent, top: box(block).top }, '');
		history.scrollRestoration = 'auto';
	});
});
})();
