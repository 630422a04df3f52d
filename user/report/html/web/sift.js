/* SPDX-License-Identifier: GPL-2.0-only */
/* Filters and sorts kills: the rows of their table, or the cards. Without it all stand there, in order of time. */
'use strict';

const siftOrders = {
	time: ['time', () => 0],
	bytes: ['memory freed', (a, b) => b.bytes - a.bytes],
	process: ['process', (a, b) => a.process.localeCompare(b.process)],
	cause: ['cause', (a, b) => a.cause.localeCompare(b.cause)],
};

class Sift {
	/* items: { element, bytes, process, cause, ms } in order of time; chart: null without one */
	constructor(name, items, chart, place) {
		this.items = items;
		this.chart = chart;
		this.list = items[0].element.parentNode;
		/* Headings of groups, which stand among the cards. */
		this.children = [...this.list.children];
		this.first = this.children.indexOf(items[0].element);
		this.inTime = true;
		this.build(name, place);
		this.apply();
	}

	build(name, place) {
		const options = pairs => pairs.map(([value, text]) => make('option', { value }, text));
		const causes = [...new Set(this.items.map(item => item.cause))].sort();
		this.order = make('select', {}, ...options(Object.entries(siftOrders).map(([key, [text]]) => [key, text])));
		this.cause = make('select', {}, ...options([['', 'all'], ...causes.map(cause => [cause, cause])]));
		this.process = make('input', { type: 'search', size: 12, autocomplete: 'off' });
		this.least = make('input', { type: 'number', min: 0, step: 'any', class: 'least' });
		this.inView = make('input', { type: 'checkbox' });
		this.said = make('output', {});
		this.all = make('button', { type: 'button' }, 'Show all');
		this.tools = make('div', { class: 'tools sift', role: 'search', 'aria-label': `filter and sort ${name}` },
			make('label', {}, 'sort by ', this.order),
			make('label', {}, 'cause ', this.cause),
			make('label', {}, 'process ', this.process),
			make('label', {}, 'freed at least ', this.least, ' MiB'));
		if (this.chart) {
			this.tools.append(make('label', {}, this.inView, ' only what the chart shows'));
			this.chart.watchers.push(() => this.inView.checked && this.apply());
		}
		this.tools.append(this.all, this.said);
		for (const control of [this.order, this.cause, this.process, this.least, this.inView])
			control.addEventListener('input', () => this.apply());
		this.all.addEventListener('click', () => this.reset());
		place.before(this.tools);
	}

	reset() {
		this.order.value = 'time';
		this.cause.value = this.process.value = this.least.value = '';
		this.inView.checked = false;
		this.apply();
	}

	/* A card that a link leads to must be seen. */
	reveal(element) {
		if (element.hidden && this.items.some(item => item.element === element))
			this.reset();
	}

	takes(item) {
		const [from, to] = this.inView.checked ? this.chart.range() : [-Infinity, Infinity];
		return (!this.cause.value || item.cause === this.cause.value) &&
			item.process.toLowerCase().includes(this.process.value.trim().toLowerCase()) &&
			item.bytes >= (Number(this.least.value) || 0) * 1024 * 1024 &&
			(!Number.isFinite(item.ms) || item.ms >= from && item.ms <= to);
	}

	apply() {
		const byTime = this.order.value === 'time';
		const [name, compare] = siftOrders[this.order.value];
		let shown = 0;
		for (const item of this.items) {
			item.element.hidden = !this.takes(item);
			shown += !item.element.hidden;
		}
		if (byTime !== this.inTime || !byTime)
			this.place(byTime ? this.children.slice(this.first) : /* sort() is stable: then by time */
				[...this.items].sort(compare).map(item => item.element));
		this.inTime = byTime;
		this.tellGroups(byTime);
		this.all.hidden = byTime && shown === this.items.length;
		this.tools.classList.toggle('on', !this.all.hidden);
		this.said.textContent = `${shown} of ${this.items.length} shown` + (byTime ? '' : `, by ${name}`);
	}

	place(elements) {
		const before = this.children[this.first - 1];
		if (before)
			before.after(...elements);
		else
			this.list.prepend(...elements);
	}

	/* "36 in a row" holds in order of time, and says how many of them are shown. */
	tellGroups(byTime) {
		this.children.forEach((heading, i) => {
			if (!heading.matches('.group'))
				return;
			const count = Number(heading.dataset.count);
			const shown = this.children.slice(i + 1, i + 1 + count).filter(card => !card.hidden).length;
			heading.hidden = !byTime || !shown;
			heading.querySelector('.note')?.remove();
			if (shown < count)
				heading.append(make('span', { class: 'note' }, ` ${shown} of them shown`));
		});
	}
}
