// Pictures that the reader moves. The page holds the question, the picture of the default values and
// a table of all runs (checker/src/book/explore.rs); the other pictures are fetched when they are
// next to the one shown.
(() => {
    'use strict';

    for (const section of document.querySelectorAll('.explore')) {
        explore(section);
    }

    function explore(section) {
        const knobs = [...section.querySelectorAll('input[type=range]')].map(knob);
        const pictures = section.querySelector('.pictures');
        const said = section.querySelector('.said');
        const details = section.querySelector('details');
        const runs = new Map([...section.querySelectorAll('tr[data-values]')].map(run));
        // What the page came with needs no fetching.
        const first = [...pictures.children];
        runs.get(key(knobs)).figures = Promise.resolve(first);
        let expected = '';
        let shown = first;

        for (const answer of section.querySelectorAll('.predict input')) {
            answer.disabled = false;
            answer.addEventListener('change', () => {
                expected = `You said: ${answer.parentElement.textContent.trim()}`;
                said.textContent = `${expected} Now move it.`;
                section.querySelector('.knobs').hidden = false;
                look();
            });
        }
        for (const { input } of knobs) {
            input.addEventListener('input', () => move());
        }
        // On paper nothing moves: the text speaks of what the page came with, and the table tells the rest.
        addEventListener('beforeprint', () => pictures.replaceChildren(...first));
        addEventListener('afterprint', () => pictures.replaceChildren(...shown));
        details.open = false;
        name();

        async function move() {
            const wanted = key(knobs);
            name();
            look();
            try {
                const figures = await fetched(runs.get(wanted));
                // Meanwhile it may have been moved on.
                if (wanted === key(knobs)) {
                    shown = figures;
                    pictures.replaceChildren(...shown);
                    said.textContent = expected;
                }
            } catch {
                said.textContent = 'This browser does not fetch the picture here: the table links to it.';
                details.open = true;
            }
        }

        // Says what the control stands at, and what the run shows.
        function name() {
            for (const knob of knobs) {
                knob.output.textContent = words(knob);
                knob.input.setAttribute('aria-valuetext', `${words(knob)}. ${runs.get(key(knobs)).caption}`);
            }
        }

        // Fetches what is next to the picture shown, so that the next move is immediate.
        function look() {
            for (const knob of knobs) {
                for (const step of [-1, 1]) {
                    const next = runs.get(key(knobs, knob, step));
                    if (next) {
                        fetched(next).catch(() => {});
                    }
                }
            }
        }
    }

    function knob(input) {
        const [one, several] = input.dataset.words.split('\n');
        return { input, one, several, output: input.nextElementSibling, values: input.dataset.values.split(' ') };
    }

    function run(row) {
        const caption = row.lastElementChild.textContent.trim();
        return [row.dataset.values, { href: row.querySelector('a').href, caption }];
    }

    // `6-12`: the values that the controls stand at, one of them moved by `step`.
    function key(knobs, moved, step) {
        return knobs.map(knob => knob.values[+knob.input.value + (knob === moved ? step : 0)]).join('-');
    }

    function words({ input, one, several, values }) {
        const value = values[input.value];
        return `${value} ${value === '1' ? one : several}`;
    }

    function fetched(run) {
        run.figures ??= fetch(run.href).then(async answer => {
            if (!answer.ok) {
                throw new Error(answer.statusText);
            }
            const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
            return [...page.querySelectorAll('figure')].map(figure => document.adoptNode(figure));
        });
        // Another try may succeed.
        run.figures.catch(() => { run.figures = undefined; });
        return run.figures;
    }
})();
