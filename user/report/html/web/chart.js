/* SPDX-License-Identifier: GPL-2.0-only */
/* Usage over time with its limit, and over it the marks of kills, writes and reclaim. */
'use strict';

/* More than the seconds before a kill that are known. */
const HISTORY_MS = 15000;
const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

function formatSize(bytes) {
	let unit = 0;
	while (bytes >= 1024 && unit + 1 < units.length) {
		bytes /= 1024;
		unit++;
	}
	return (unit && bytes % 1 ? bytes.toFixed(1) : Math.round(bytes)) + ' ' + units[unit];
}

/* Times are whole microseconds; as milliseconds they are a little off, and are cut off at the last digit as in the text. */
function formatTime(ms) {
	return new Date(Math.round(ms * 1e3) / 1e3).toISOString().slice(11, 23);
}

/* Of an axis: dygraphs says "33.500" where ticks are closer than seconds, and not of which minute. */
function formatTick(date, granularity, options) {
	const text = Dygraph.dateAxisLabelFormatter(date, granularity, options);
	return /^\d\d\.\d+$/.test(text) ? formatTime(date.getTime()).replace(/\.?0+$/, '') : text;
}

/* An element with attributes and children: text is only ever text. */
function make(name, attributes, ...children) {
	const svg = ['svg', 'g', 'path', 'line'].includes(name);
	const element = svg ? document.createElementNS('http://www.w3.org/2000/svg', name) :
		document.createElement(name);
	for (const [key, value] of Object.entries(attributes || {}))
		element.setAttribute(key, value);
	element.append(...children);
	return element;
}

/* Ticks at multiples of a power of two, as sizes are read. */
function sizeTicks(from, to, pixels) {
	const step = 2 ** Math.ceil(Math.log2((to - from) / Math.max(2, pixels / 45)));
	const ticks = [];
	for (let v = Math.ceil(from / step) * step; v <= to; v += step)
		ticks.push({ v, label: formatSize(v) });
	return ticks;
}

class Chart {
	constructor(data, place) {
		this.data = data;
		this.chosen = -1;
		this.watchers = []; /* are called when it shows another time */
		this.kills = data.kills.map(([ns, oom, pid, comm, curve]) =>
			({ ms: ns / 1e6, oom, pid, comm, curve })).sort((a, b) => a.ms - b.ms);
		this.build(place);
		this.show(data.main);
	}

	build(place) {
		const button = (text, label, action) => {
			const made = make('button', { type: 'button', 'aria-label': label, title: label }, text);
			made.addEventListener('click', action);
			return made;
		};
		const tools = make('div', { class: 'tools' });
		if (this.data.curves.length > 1) {
			const select = make('select', {}, ...this.data.curves.map((curve, i) =>
				make('option', { value: i }, curve.label)));
			select.value = this.data.main;
			select.addEventListener('change', () => this.show(Number(select.value)));
			tools.append(make('label', {}, 'cgroup ', select));
		}
		tools.append(button('+', 'zoom in', () => this.zoom(0.5)),
			button('−', 'zoom out', () => this.zoom(2)),
			button('←', 'earlier', () => this.pan(-0.3)),
			button('→', 'later', () => this.pan(0.3)),
			button('All', 'all of it', () => this.dygraph.resetZoom()));
		if (this.kills.length)
			tools.append(button('‹ kill', 'the kill before', () => this.choose(-1)),
				button('kill ›', 'the next kill', () => this.choose(1)));
		this.canvas = make('div', { class: 'dygraph' });
		this.marks = make('svg', { class: 'marks', 'aria-hidden': 'true' });
		this.plot = make('div', { class: 'plot', tabindex: 0, role: 'group',
			'aria-label': 'chart of memory usage: arrow keys move, plus and minus zoom, ' +
				'0 shows all, n and p go from kill to kill, Enter opens one' },
			this.canvas, this.marks);
		this.plot.addEventListener('keydown', event => this.key(event));
		this.readout = make('p', { class: 'readout', 'aria-live': 'polite' });
		const legend = make('ul', { class: 'legend' });
		for (const [key, text] of [['use', 'usage'], ['limit', 'memory.max'], ['kill', 'kill'],
			['write', 'write of the limit'], ['reclaim', 'reclaim'], ['throttle', 'held back by memory.high']])
			if (this.has(key))
				legend.append(make('li', {}, make('span', { class: 'key ' + key }), text));
		place.append(tools, this.plot, this.readout, legend);
		place.hidden = false;
		this.probe = make('span', { hidden: '' });
		place.append(this.probe);
	}

	has(key) {
		const { curves, kills, writes } = this.data;
		return key === 'kill' ? kills.length : key === 'write' ? writes.length :
			key === 'reclaim' || key === 'throttle' ? curves.some(c => c[key].length) : true;
	}

	/* What a colour of the style is in the present scheme: a canvas has to be told. */
	colour(name) {
		this.probe.style.color = `var(--${name})`;
		return getComputedStyle(this.probe).color;
	}

	/* The rows of the library: time in ms, usage, limit; null is unknown, NaN a gap ("max"). */
	rows(index) {
		const limit = value => value === 'max' ? NaN : value;
		const rows = [];
		let last = Infinity;
		for (const [ns, usage, max] of this.data.curves[index].points) {
			const ms = ns / 1e6;
			/* Only the seconds before kills are known, and usage at writes: between them is no line. */
			if (this.data.sparse && ms - last > HISTORY_MS)
				rows.push([(last + ms) / 2, NaN, null]);
			rows.push([ms, usage, limit(max)]);
			last = ms;
		}
		for (const [from, to, old, max, curve] of this.data.writes)
			if (curve === index)
				rows.push([from / 1e6, null, limit(old)], [to / 1e6, null, limit(max)]);
		return rows.sort((a, b) => a[0] - b[0]);
	}

	show(index) {
		const rows = this.rows(index);
		this.index = index;
		this.writes = this.data.writes.filter(write => write[4] === index);
		this.times = rows.map(row => row[0]).concat(this.kills.map(kill => kill.ms));
		this.first = this.times.reduce((a, b) => Math.min(a, b), Infinity);
		this.last = this.times.reduce((a, b) => Math.max(a, b), -Infinity);
		const home = this.homeOf();
		const margin = Math.max((this.last - home) * 0.01, 1);
		this.home = home - margin;
		this.first -= margin;
		this.last += margin;
		const most = rows.reduce((top, row) => Math.max(top, row[1] || 0), 1);
		/* Limits are in the picture as far as they are near. */
		this.top = 1.08 * rows.reduce((top, row) => row[2] <= 2 * most ? Math.max(top, row[2]) : top, most);
		if (this.dygraph)
			this.dygraph.destroy();
		this.dygraph = new Dygraph(this.canvas, rows, this.options());
		this.draw();
	}

	/* From when on it shows at first: a limit may have been written days before the seconds that are known. */
	homeOf() {
		if (!this.data.sparse || !this.kills.length)
			return this.first;
		let from = this.kills.reduce((least, kill) => Math.min(least, kill.ms), Infinity);
		for (const ms of this.times.filter(ms => ms < from).sort((a, b) => b - a)) {
			if (from - ms > HISTORY_MS)
				break;
			from = ms;
		}
		return from;
	}

	options() {
		return {
			labels: ['time', 'usage', 'limit'],
			labelsUTC: true,
			dateWindow: [this.home, this.last],
			valueRange: [0, this.top],
			connectSeparatedPoints: true,
			animatedZooms: false,
			gridLineColor: this.colour('line'),
			axisLineColor: this.colour('line'),
			highlightCircleSize: 3,
			series: {
				usage: { color: this.colour('use'), strokeWidth: 1.5, fillGraph: true, fillAlpha: 0.14 },
				limit: { color: this.colour('limit'), strokeWidth: 1.7, stepPlot: true },
			},
			axes: {
				x: { ticker: Dygraph.dateTicker, axisLabelFormatter: formatTick,
					axisLabelWidth: 74, pixelsPerLabel: 90 },
				y: { ticker: sizeTicks, axisLabelWidth: 62 },
			},
			underlayCallback: (context, area) => this.underlay(context, area),
			drawCallback: () => { this.draw(); this.watchers.forEach(watch => watch()); },
			clickCallback: event => this.open(this.under(event)),
			highlightCallback: (event, x, points) => this.tell(x, points, this.under(event)),
			unhighlightCallback: () => {
				this.plot.classList.remove('on-mark');
				this.readout.replaceChildren();
			},
			zoomCallback: (from, to) => { this.window(from, to); },
		};
	}

	/* Reclaim is a strip at the bottom: the more of the time it took, the denser. */
	underlay(context, area) {
		if (!this.dygraph)
			return;
		const strips = [['reclaim', area.y + area.h - 6], ['throttle', area.y + area.h - 12]];
		for (const [kind, y] of strips) {
			context.fillStyle = this.colour(kind);
			for (const [from, to, busy] of this.data.curves[this.index][kind]) {
				const left = this.dygraph.toDomXCoord(from / 1e6);
				const right = this.dygraph.toDomXCoord(to / 1e6);
				if (right < area.x || left > area.x + area.w)
					continue;
				context.globalAlpha = Math.min(1, 0.25 + busy / Math.max(1, to - from));
				context.fillRect(left, y, Math.max(1.5, right - left), 5);
			}
		}
		context.globalAlpha = 1;
	}

	/* The marks are elements, one for each kill, over the library's canvas. */
	draw() {
		if (!this.dygraph)
			return;
		const area = this.dygraph.getArea();
		const x0 = this.canvas.offsetLeft, y0 = this.canvas.offsetTop;
		this.marks.setAttribute('width', this.plot.clientWidth);
		this.marks.setAttribute('height', this.plot.clientHeight);
		const made = [];
		const seen = x => x >= area.x - 1 && x <= area.x + area.w + 1;
		const [from, to] = this.dygraph.xAxisRange();
		const inView = this.kills.filter(kill => kill.ms >= from && kill.ms <= to).length;
		/* So many lines that they would hide the curve are left to the triangles. */
		const foot = inView * 14 > area.w ? '' : `V${y0 + area.y + area.h}`;
		/* Of thousands, one for each pixel is all that can be seen. */
		const crowded = inView > 2000;
		let last = -1;
		this.kills.forEach((kill, i) => {
			const x = this.dygraph.toDomXCoord(kill.ms);
			if (!seen(x) || crowded && i !== this.chosen && Math.round(x) === last)
				return;
			last = Math.round(x);
			made.push(make('path', { class: i === this.chosen ? 'kill chosen' : 'kill',
				d: `M${(x0 + x).toFixed(1)} ${y0 + area.y + 8}l-4 -8h8z` +
					(i === this.chosen ? `V${y0 + area.y + area.h}` : foot) }));
		});
		for (const write of this.writes) {
			const [x, y] = this.placeOf(write);
			if (seen(x))
				made.push(make('path', { class: 'write', d: `M${x0 + x} ${y0 + y - 5}l5 5l-5 5l-5 -5z` }));
		}
		this.marks.replaceChildren(...made);
	}

	/* Where a write's mark is: at the limit that it has set. */
	placeOf([began, , , max]) {
		return [this.dygraph.toDomXCoord(began / 1e6),
			max === 'max' ? this.dygraph.getArea().y : this.dygraph.toDomYCoord(Math.min(max, this.top))];
	}

	tell(ms, points, near) {
		const parts = [make('b', {}, formatTime(ms)), ' UTC'];
		for (const point of points)
			if (Number.isFinite(point.yval))
				parts.push(` · ${point.name} `, make('b', {}, formatSize(point.yval)));
		if (near)
			parts.push(` · ${near.said}`);
		this.plot.classList.toggle('on-mark', Boolean(near));
		this.readout.replaceChildren(...parts);
	}

	/* From when to when it shows, in ms. */
	range() {
		return this.dygraph ? this.dygraph.xAxisRange() : [this.first, this.last];
	}

	/* Goes to a kill's card or a write's row; there are those of the first ones alone. */
	open(mark) {
		if (!mark || !document.getElementById(mark.id))
			return;
		/* The card may have been closed again, or be out of sight. */
		if (location.hash === '#' + mark.id)
			history.replaceState(null, '', location.pathname + location.search);
		location.hash = mark.id;
	}

	markOf(kill) {
		return { id: 'oom-' + kill.oom, said: `killed ${kill.comm} (pid ${kill.pid}); a click opens its card` };
	}

	/* What is below the mouse: a write's mark, else the nearest kill, whose mark is a line from top to bottom. */
	under(event) {
		const [x, y] = this.dygraph.eventToDomCoords(event), reach = 6;
		const write = this.writes.find(candidate => {
			const [markX, markY] = this.placeOf(candidate);
			return Math.hypot(markX - x, markY - y) <= reach;
		});
		if (write)
			return { id: 'write-' + write[7], said: `limit changed by ${write[6]} (pid ${write[5]}); a click ` +
				'goes to the write' };
		const ms = this.dygraph.toDataXCoord(x);
		let least = this.dygraph.toDataXCoord(x + reach) - ms, near = null;
		for (const kill of this.kills) {
			const away = Math.abs(kill.ms - ms);
			if (away <= least) {
				least = away;
				near = kill;
			}
		}
		return near && this.markOf(near);
	}

	choose(step) {
		if (!this.kills.length)
			return;
		this.chosen = (this.chosen + step + this.kills.length + (this.chosen < 0 && step < 0)) % this.kills.length;
		const kill = this.kills[this.chosen];
		const [from, to] = this.dygraph.xAxisRange();
		if (kill.ms < from || kill.ms > to)
			this.window(kill.ms - (to - from) / 2, kill.ms + (to - from) / 2);
		this.draw();
		const parts = [make('b', {}, `kill ${this.chosen + 1} of ${this.kills.length}`),
			` · ${formatTime(kill.ms)} UTC · ${kill.comm} (pid ${kill.pid})`];
		if (document.getElementById('oom-' + kill.oom))
			parts.push(' · ', make('a', { href: '#oom-' + kill.oom }, 'its card'));
		this.readout.replaceChildren(...parts);
	}

	window(from, to) {
		const least = 0.01, width = Math.min(Math.max(to - from, least), this.last - this.first);
		from = Math.min(Math.max(from, this.first), this.last - width);
		this.dygraph.updateOptions({ dateWindow: [from, from + width], valueRange: [0, this.top] });
	}

	zoom(factor) {
		const [from, to] = this.dygraph.xAxisRange();
		const kill = this.kills[this.chosen];
		const middle = kill && kill.ms >= from && kill.ms <= to ? kill.ms : (from + to) / 2;
		this.window(middle - (middle - from) * factor, middle + (to - middle) * factor);
	}

	pan(part) {
		const [from, to] = this.dygraph.xAxisRange();
		this.window(from + (to - from) * part, to + (to - from) * part);
	}

	key(event) {
		const actions = {
			'+': () => this.zoom(0.5), '=': () => this.zoom(0.5), '-': () => this.zoom(2),
			ArrowLeft: () => this.pan(-0.2), ArrowRight: () => this.pan(0.2),
			0: () => this.window(this.first, this.last), Home: () => this.window(this.first, this.last),
			n: () => this.choose(1), p: () => this.choose(-1),
			Enter: () => this.open(this.kills[this.chosen] && this.markOf(this.kills[this.chosen])),
		};
		if (event.ctrlKey || event.metaKey || event.altKey || !actions[event.key])
			return;
		actions[event.key]();
		event.preventDefault();
	}

	/* After the colours or the size of the page have changed. */
	restyle() {
		const window = this.dygraph.xAxisRange();
		const { gridLineColor, axisLineColor, series } = this.options();
		this.dygraph.updateOptions({ gridLineColor, axisLineColor, series, dateWindow: window });
		this.dygraph.resize();
	}
}
