/* SPDX-License-Identifier: GPL-2.0-only */
/* Puts the drawn parts of the report into the page, and follows its size and colours. */
'use strict';

{
	const data = JSON.parse(document.getElementById('data').textContent);
	const drawn = [];
	let chart = null;
	/* The library's own legend is not used, and it sets style attributes, which the policy forbids. */
	Dygraph.PLUGINS = Dygraph.PLUGINS.filter(plugin => plugin !== Dygraph.Plugins.Legend);
	if (document.getElementById('chart')) {
		if (!data.curves.length)
			data.curves.push({ label: 'the machine', cgroup: '/', points: [], reclaim: [], throttle: [] });
		chart = new Chart(data, document.getElementById('chart'));
		drawn.push(() => chart.restyle());
	}
	if (data.flame && document.getElementById('flame')) {
		const flame = new Flame(data.flame, document.getElementById('flame'));
		drawn.push(() => flame.draw());
	}
	const redraw = () => drawn.forEach(draw => draw());
	const dark = matchMedia('(prefers-color-scheme: dark)');
	const button = document.getElementById('theme');
	const isDark = () => (document.documentElement.dataset.theme || (dark.matches ? 'dark' : 'light')) === 'dark';
	const label = () => { button.textContent = isDark() ? 'Light' : 'Dark'; };
	button.addEventListener('click', () => {
		document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
		label();
		redraw();
	});
	label();
	button.hidden = false;
	dark.addEventListener('change', () => { label(); redraw(); });
	/* What the page itself shows of each kill is what it is filtered by. */
	const itemOf = (element, bytes, cause, who) => ({ element, bytes: Number(bytes), cause,
		process: who ? who.textContent : '', ms: Date.parse(element.querySelector('time')?.dateTime) });
	const rows = [...document.querySelectorAll('#kills ~ .rows tbody tr')].map(row => itemOf(row,
		row.querySelector('[data-bytes]').dataset.bytes, row.lastElementChild.textContent, row.querySelector('th')));
	const cards = [...document.querySelectorAll('.card')].map(card => itemOf(card, card.dataset.bytes,
		card.dataset.cause, card.querySelector('.who')));
	const sifts = [], few = 4;
	/* The end of a container comes late, when its runtime has answered. */
	const ends = [...document.querySelectorAll('#exits ~ .rows tbody tr')];
	const timeOf = row => row.querySelector('time')?.dateTime || '';
	if (ends.length)
		ends[0].parentNode.append(...ends.sort((a, b) => timeOf(a) < timeOf(b) ? -1 : timeOf(a) > timeOf(b)));
	if (rows.length > few)
		sifts.push(new Sift('kills', rows, chart, document.querySelector('#kills ~ .rows')));
	if (cards.length > few)
		sifts.push(new Sift('runs of the OOM killer', cards, chart, cards[0].element.parentNode.children[1]));
	/* A link to a card that isn't shown shows it, and one into a card that is closed opens it. */
	const openTarget = () => {
		const target = location.hash && document.getElementById(location.hash.slice(1));
		if (target && target.hidden) {
			sifts.forEach(sift => sift.reveal(target));
			target.scrollIntoView();
		}
		const details = target && target.matches('.card') && target.querySelector('details');
		if (details && !details.open) {
			details.open = true;
			target.scrollIntoView();
		}
	};
	addEventListener('hashchange', openTarget);
	openTarget();
	/* The library follows the window's size by itself, the rest and paper don't. */
	let waiting = 0;
	addEventListener('resize', () => {
		cancelAnimationFrame(waiting);
		waiting = requestAnimationFrame(redraw);
	});
	/* A canvas keeps its pixels: on paper the chart is scaled to what A4 and Letter have room for. */
	const onPaper = paper => {
		const plot = document.querySelector('.plot');
		redraw();
		if (plot)
			plot.style.zoom = paper && plot.offsetWidth > 680 ? 680 / plot.offsetWidth : '';
	};
	addEventListener('beforeprint', () => onPaper(true));
	addEventListener('afterprint', () => onPaper(false));
}
