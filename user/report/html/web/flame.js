/* SPDX-License-Identifier: GPL-2.0-only */
/* A flame graph of boxes: callers above what they call, as wide as what was charged below them. */
'use strict';

const rowHeight = 20;

class Flame {
	constructor(data, place) {
		this.nodes = data.nodes.map(([parent, name, bytes, kind], index) =>
			({ index, parent, name: data.names[name], bytes, kind, depth: 0, children: [] }));
		this.nodes.forEach(node => {
			const parent = this.nodes[node.parent];
			if (!parent)
				return;
			node.depth = parent.depth + 1;
			parent.children.push(node);
		});
		this.nodes.forEach(node => node.children.sort((a, b) => b.bytes - a.bytes));
		this.root = this.nodes[0];
		this.place = make('div', { class: 'flame', role: 'tree', 'aria-label': 'memory charged, by call stack: ' +
			'up goes to the caller, down into the largest callee, Enter zooms, Escape shows all' });
		this.readout = make('p', { class: 'readout', 'aria-live': 'polite' });
		place.append(this.place, this.readout);
		place.hidden = false;
		this.place.addEventListener('keydown', event => this.key(event));
		this.zoomed = this.root;
		this.draw();
	}

	describe(node) {
		return `${node.name}: ${formatSize(node.bytes)}, ` +
			`${(100 * node.bytes / Math.max(1, this.root.bytes)).toFixed(1)} % of all`;
	}

	box(node, left, width) {
		const classes = ['fp', 'f' + (node.name.length * 7 + node.name.charCodeAt(0)) % 3, 'fk'];
		const box = make('div', { class: classes[node.kind] || 'fp', role: 'treeitem', tabindex: -1,
			'aria-level': node.depth + 1, 'aria-label': this.describe(node) });
		/* Parts of the whole, not pixels: paper is narrower. */
		const all = Math.max(1, this.place.clientWidth);
		box.style.left = 100 * left / all + '%';
		box.style.width = `max(1px, ${100 * width / all}% - 1px)`;
		box.style.top = node.depth * rowHeight + 'px';
		if (width > 24)
			box.textContent = node.name;
		box.addEventListener('click', () => this.zoom(node));
		for (const name of ['focus', 'mouseenter'])
			box.addEventListener(name, () => this.readout.replaceChildren(this.describe(node)));
		this.boxes.set(node, box);
		this.place.append(box);
	}

	/* Callers of what is zoomed into are as wide as all; boxes too thin to be seen are left out. */
	draw() {
		const all = this.place.clientWidth;
		let deepest = 0;
		this.boxes = new Map();
		this.place.replaceChildren();
		for (let node = this.nodes[this.zoomed.parent]; node; node = this.nodes[node.parent])
			this.box(node, 0, all);
		const wait = [[this.zoomed, 0, all]];
		while (wait.length) {
			const [node, left, width] = wait.pop();
			let at = left;
			this.box(node, left, width);
			deepest = Math.max(deepest, node.depth);
			for (const child of node.children) {
				const part = Math.min(left + width - at, width * child.bytes / Math.max(1, node.bytes));
				if (part >= 1.5)
					wait.push([child, at, part]);
				at += part;
			}
		}
		this.place.style.height = (deepest + 1) * rowHeight + 'px';
		this.boxes.get(this.zoomed).tabIndex = 0;
	}

	zoom(node) {
		const focused = this.place.contains(document.activeElement);
		this.zoomed = node;
		this.draw();
		if (focused)
			this.boxes.get(node).focus();
	}

	focus(node) {
		if (!node || !this.boxes.has(node))
			return;
		for (const box of this.boxes.values())
			box.tabIndex = -1;
		this.boxes.get(node).tabIndex = 0;
		this.boxes.get(node).focus();
	}

	key(event) {
		const node = [...this.boxes].find(([, box]) => box === document.activeElement)?.[0];
		if (!node)
			return;
		const parent = this.nodes[node.parent];
		const beside = step => parent && parent.children[parent.children.indexOf(node) + step];
		const actions = {
			ArrowUp: () => this.focus(parent), ArrowDown: () => this.focus(node.children[0]),
			ArrowLeft: () => this.focus(beside(-1)), ArrowRight: () => this.focus(beside(1)),
			Enter: () => this.zoom(node), Escape: () => this.zoom(this.root),
		};
		if (!actions[event.key])
			return;
		actions[event.key]();
		event.preventDefault();
	}
}
