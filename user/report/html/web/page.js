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
	/* The library follows the window's size by itself, the rest and paper don't. */
	let waiting = 0;
	addEventListener('resize', () => {
		cancelAnimationFrame(waiting);
		waiting = requestAnimationFrame(redraw);
	});
	addEventListener('beforeprint', redraw);
	addEventListener('afterprint', redraw);
}
