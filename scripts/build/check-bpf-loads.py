#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: check-bpf-loads.py OBJECT

Fails if a BTF-typed program in OBJECT, or a function that it calls, loads or stores through one of
its pointer arguments. The verifier allows that and can be wrong about what the pointer may be
(docs/kernel-safety.md), and then the kernel panics: bpf_probe_read_kernel() cannot.

An abstract interpretation of each program. A value is a set of what it may be:
    num         a scalar, or anything else that the verifier won't let a program dereference
    arg         loaded from the context, or a BTF pointer that a helper or kfunc returned
    ctx         the context
    mem         the address of a map's value, a global variable, an event being built
    ("fp", n)   the address of byte n of this function's stack frame; n is None: somewhere in it
    upper       the address of something in a caller's stack frame
Frames are followed slot by slot, callers' frames as one. Globals and maps are not followed: what
is loaded from them is a scalar to the verifier. Nor are helpers that read memory for the program.
Exit codes: 0 nothing found, 1 a violation or no program to check, 2 it could not be checked.
"""
import os
import re
import shutil
import struct
import subprocess
import sys

BTF_TYPED = re.compile(r"\??(fentry|fexit|fmod_ret|fsession|tp_btf|lsm|lsm_cgroup|iter|struct_ops)"
                       r"(\.s)?(/.*|\.link.*)?$")
DEREFERENCED = "pointer argument dereferenced; use bpf_probe_read_kernel (BPF_CORE_READ)"

# By number, include/uapi/linux/bpf.h. Helpers that return memory: map lookups, this CPU's (any
# CPU's) variable, local storage, bpf_ringbuf_reserve. All others return scalars.
RETURN_MEM = {1, 81, 107, 131, 145, 153, 154, 156, 195, 210}
# ... and BTF pointers: bpf_skc_to_*, bpf_get_current_task_btf, bpf_sock_from_file, ...
RETURN_BTF = {136, 137, 138, 139, 140, 158, 162, 175, 178, 194, 196}

NUM, ARG, CTX, MEM = (frozenset([kind]) for kind in ("num", "arg", "ctx", "mem"))
NOTHING = frozenset()
STACK_SIZE = 512
ANYWHERE = None  # the slot of a frame for what was stored at an unknown place


class Unsupported(Exception):
    """What this check can't follow."""


class Insn:
    def __init__(self, raw, text):
        self.op, regs, self.off, self.imm = struct.unpack("<BBhi", raw[:8])
        self.dst, self.src = regs & 15, regs >> 4
        self.len = len(raw) // 8
        self.text = text
        self.reloc = None  # symbol or section that it refers to


def disassemble(path):
    """Returns {section: {index: Insn}} and {function: (section, index)}."""
    tools = ["llvm-objdump"] + [f"llvm-objdump-{version}" for version in range(30, 10, -1)]
    tool = os.environ.get("LLVM_OBJDUMP") or next(filter(shutil.which, tools), tools[0])
    sections, functions, code, insn = {}, {}, None, None
    try:
        out = subprocess.run([tool, "-d", "-r", "-t", path], check=True, encoding="utf-8",
                             stdout=subprocess.PIPE).stdout
    except (OSError, subprocess.CalledProcessError) as err:
        raise Unsupported(f"{err}; it needs llvm-objdump (env LLVM_OBJDUMP)") from err
    for line in out.splitlines():
        if match := re.match(r"([0-9a-f]{16}) .{6}F (\S+)\s[0-9a-f]{16} (?:\.\w+ )?(\S+)$", line):
            functions[match[3]] = (match[2], int(match[1], 16) // 8)
        elif match := re.match(r"Disassembly of section (.*):$", line):
            code = sections.setdefault(match[1], {})
        elif match := re.match(r"\s+(\d+):\s+((?:[0-9a-f]{2} ){7,15}[0-9a-f]{2})\s+(.*)$", line):
            insn = code[int(match[1])] = Insn(bytes.fromhex(match[2]), match[3])
        elif match := re.match(r"\s+[0-9a-f]+:\s+R_BPF_\S+\s+(\S+)$", line):
            insn.reloc = match[1]
        elif "CO-RE <" in line:
            pass  # a field's relocation, which newer versions print too
        elif re.match(r"\s+\d+:", line):
            raise Unsupported(f"not understood: {line.strip()}")
    return sections, functions


def add_values(a, b):
    """a + b for every pair: a pointer and a scalar make a pointer of the same kind."""
    order = [("fp", None), "mem", "upper", "ctx", "arg", "num"]
    a, b = ({0 if isinstance(v, tuple) else order.index(v) for v in value} for value in (a, b))
    return frozenset(order[min(x, y)] for x in a for y in b)


def frame_offset(kind, delta):
    """The offset in the frame, or None, of ("fp", n) moved by delta."""
    n = None if kind[1] is None else kind[1] + delta
    return n if n is not None and -STACK_SIZE <= n <= 0 else None


def move_pointer(value, delta):
    return frozenset(("fp", frame_offset(v, delta)) if isinstance(v, tuple) else v for v in value)


def join(state, other):
    """Adds to a state what `other` may be. Returns whether that was anything new."""
    before = state.copy()
    state.update({key: value | state.get(key, NOTHING) for key, value in other.items()})
    return state != before


class Checker:
    def __init__(self, path):
        self.sections, self.functions = disassemble(path)
        self.violations, self.results = {}, {}
        self.programs = [at for at in self.functions.values() if BTF_TYPED.match(at[0])]
        for section, entry in self.programs:
            self.function(section, entry, (CTX, NUM, NUM, NUM, NUM), NOTHING)

    def function(self, section, entry, args, upper):
        """Follows a function. Returns what it may return and may store in its callers' frames."""
        key = (section, entry, args, upper)
        if key in self.results:
            if self.results[key] is None:
                raise Unsupported(f"{section}: {entry}: recursion")
            return self.results[key]
        self.results[key] = None
        # A state, before an instruction: {"r0" to "r10": value, slot of the frame: value}.
        start = {f"r{i}": arg for i, arg in enumerate(args, 1)} | {"r10": frozenset([("fp", 0)])}
        states, todo = {entry: start}, [entry]
        returned, stored = set(), set()
        while todo:
            at = todo.pop()
            insn = self.sections[section][at]
            state = states[at].copy()
            for to in self.step(section, at, insn, state, upper, stored):
                if to not in states or join(states[to], state):
                    states.setdefault(to, state.copy())
                    todo.append(to)
            if insn.op == 0x95:
                returned |= state.get("r0", NOTHING)
        self.results[key] = (frozenset(returned), frozenset(stored))
        return self.results[key]

    def step(self, section, at, insn, state, upper, stored):
        """Does one instruction. Returns where it may go."""
        group, op, after = insn.op & 7, insn.op & 0xf0, at + insn.len
        dst, src = f"r{insn.dst}", f"r{insn.src}"
        if insn.op == 0x95:
            return []
        if insn.op & 0xf7 == 0x85:
            self.call(section, at, insn, state, upper, stored)
        elif group in (5, 6):
            target = after + (insn.imm if insn.op == 0x06 else insn.off)
            return [target] if op == 0 else [after, target]
        elif insn.op == 0x18:
            if insn.reloc in self.sections or insn.reloc in self.functions:
                raise Unsupported(f"{section}: {at}: {insn.text}: callback")
            state[dst] = MEM if insn.reloc else NUM
        elif group == 0:
            state["r0"] = NUM
        elif group == 1:
            state[dst] = self.load(section, at, insn, state, src, upper)
        elif group == 2:
            self.store(section, at, insn, state, NUM, stored)
        elif group == 3:
            value = state.get(src, NOTHING)
            if insn.op & 0xe0 == 0xc0:  # atomic: may leave the old value in src (xchg) or r0
                old = self.load(section, at, insn, state, dst, upper)
                if insn.imm & 1:
                    state["r0" if insn.imm & 0xf0 == 0xf0 else src] = value | old
                value |= old
            self.store(section, at, insn, state, value, stored)
        else:
            value = state.get(src, NOTHING) if insn.op & 8 else NUM
            if op == 0xb0:
                state[dst] = value
            elif op in (0x00, 0x10) and not insn.op & 8:
                state[dst] = move_pointer(state.get(dst, NOTHING), -insn.imm if op else insn.imm)
            elif op not in (0x80, 0xd0):  # neg and byte swaps have one operand
                state[dst] = add_values(state.get(dst, NOTHING), value)
        return [after]

    def load(self, section, at, insn, state, base, upper):
        out, bases = set(), state.get(base, NOTHING)
        for kind in bases:
            if isinstance(kind, tuple):
                n = frame_offset(kind, insn.off)
                slots = (n // 8, (n + 7) // 8, ANYWHERE) if n is not None else \
                    [key for key in state if not isinstance(key, str)]
                out.update(*(state.get(slot, NOTHING) for slot in slots))
            else:
                out |= ARG if kind in ("ctx", "arg") else upper | NUM if kind == "upper" else NUM
        if "arg" in bases:
            self.violations[section, at] = f"{section}: {at}: {insn.text}: {DEREFERENCED}"
        return frozenset(out) or NUM

    def store(self, section, at, insn, state, value, stored):
        bases = state.get(f"r{insn.dst}", NOTHING)
        for kind in bases:
            if kind == "upper":
                stored |= self.outside(value)
            elif isinstance(kind, tuple):
                n = frame_offset(kind, insn.off)
                slot = ANYWHERE if n is None else n // 8
                whole = len(bases) == 1 and n is not None and n % 8 == 0 and insn.op & 0x18 == 0x18
                state[slot] = value if whole else state.get(slot, NOTHING) | value
        if "arg" in bases:
            self.violations[section, at] = f"{section}: {at}: {insn.text}: {DEREFERENCED}"

    @staticmethod
    def outside(value):
        """A value as another function's frame sees it."""
        return frozenset("upper" if isinstance(v, tuple) else v for v in value)

    def call(self, section, at, insn, state, upper, stored):
        if insn.op == 0x8d:
            raise Unsupported(f"{section}: {at}: {insn.text}: indirect call")
        result = ARG  # a kfunc's
        if insn.src == 0 and not insn.reloc:
            result = ARG if insn.imm in RETURN_BTF else MEM if insn.imm in RETURN_MEM else NUM
        elif insn.src == 1 and (target := self.target(section, at, insn)):
            args = tuple(self.outside(state.get(f"r{i}", NOTHING)) for i in range(1, 6))
            frame = [self.outside(state[key]) for key in state if not isinstance(key, str)]
            result, dirty = self.function(*target, args, upper.union(*frame))
            if dirty:
                state[ANYWHERE] = state.get(ANYWHERE, NOTHING) | dirty
                stored |= dirty
            result |= {("fp", None)} if "upper" in result else NOTHING
        state.update({f"r{i}": NOTHING for i in range(6)}, r0=result)

    def target(self, section, at, insn):
        """Where a call of a function goes; None when it isn't in this object."""
        here = None if insn.reloc else (section, at)
        start = (insn.reloc, 0) if insn.reloc in self.sections else here
        base, entry = self.functions.get(insn.reloc, start) or (None, 0)
        return base and (base, entry + insn.imm + 1)


def main():
    if len(sys.argv) != 2:
        print(__doc__.splitlines()[0], file=sys.stderr)
        return 2
    try:
        checker = Checker(sys.argv[1])
    except Unsupported as err:
        print(f"check-bpf-loads: {sys.argv[1]}: {err}", file=sys.stderr)
        return 2
    for _, text in sorted(checker.violations.items()):
        print(text, file=sys.stderr)
    print(f"check-bpf-loads: {sys.argv[1]}: {len(checker.programs)} BTF-typed programs checked, "
          f"{len(checker.violations)} violations")
    return 0 if checker.programs and not checker.violations else 1


if __name__ == "__main__":
    sys.exit(main())
