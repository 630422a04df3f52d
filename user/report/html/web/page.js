/* SPDX-License-Identifier: GPL-2.0-only */
/* Puts the drawn parts of the report into the page, and follows its size and colours. */
'use strict';

{
	const data = JSON.parse(document.getElementById('data').textContent);
	const drawn = [];
	/* The library's own legend is not used, and it sets style attributes, which the policy forbids. */
	Dygraph.PLUGINS = Dygraph.PLUGINS.filter(plugin => plugin !== Dygraph.Plugins.Legend);
	if (data.curves.some(curve => curve.points.length) || data.kills.length) {
		if (!data.curves.length)
			data.curves.push({ label: 'the machine', cgroup: '/', points: [], reclaim: [], throttle: [] });
		const chart = new Chart(data, document.getElementById('chart'));
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
	/* A link into a card that is closed opens it. */
	const openTarget = () => {
		const target = location.hash && document.getElementById(location.hash.slice(1));
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
			plot.style.zoom = paper && plot.offsetWidth > 640 ? 640 / plot.offsetWidth : '';
	};
	addEventListener('beforeprint', () => onPaper(true));
	addEventListener('afterprint', () => onPaper(false));
}
