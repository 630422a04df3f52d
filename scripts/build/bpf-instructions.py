#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: bpf-instructions.py OBJECT                       prints what the programs of OBJECT are made of
       bpf-instructions.py OBJECT OBJECT [OLD=NEW]...   compares two, of which names were changed

Shows that a change of bpf/ that moves or renames leaves the programs as they are. Of each function: its
section, each instruction, what it refers to (a function, a map or a variable by its name, wherever that lies
now) and which of the kernel's fields it asks for (CO-RE). Of each variable: its size and first value.
Names of programs and line information aren't compared, nor is the order of anything.
Exit codes: 0 equal, 1 different, 2 it could not be read.
"""
import struct
import sys

KINDS_WITH_DATA = {1: 4, 3: 12, 14: 4, 17: 4}  # int, array, var, decl_tag: bytes after a type
KINDS_WITH_LIST = {4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12}  # struct, union, enum, proto, datasec, enum64
SHT_SYMTAB, SHT_REL, STT_OBJECT, STT_FUNC, STT_SECTION = 2, 9, 1, 2, 3
LD_IMM64, CALL, PSEUDO_CALL = 0x18, 0x85, 1


def text_at(data, offset):
    return data[offset:data.index(b"\0", offset)].decode()


class Object:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        if self.data[:6] != b"\x7fELF\x02\x01":
            raise ValueError("not a 64-bit little-endian ELF file")
        self.read_sections()
        self.read_symbols()
        self.read_btf()

    def read_sections(self):
        start, = struct.unpack_from("<Q", self.data, 40)
        size, count, names = struct.unpack_from("<HHH", self.data, 58)
        headers = [struct.unpack_from("<IIQQQQIIQQ", self.data, start + i * size) for i in range(count)]
        bytes_of = [b"" if h[1] == 8 else self.data[h[4]:h[4] + h[5]] for h in headers]
        self.sections = [(text_at(bytes_of[names], h[0]), h, content) for h, content in zip(headers, bytes_of)]

    def section(self, name):
        return next((content for n, _, content in self.sections if n == name), b"")

    def read_symbols(self):
        header, content = next((h, c) for _, h, c in self.sections if h[1] == SHT_SYMTAB)
        strings = self.sections[header[6]][2]
        self.symbols = []  # name, type, section, value, size
        for at in range(0, len(content), 24):
            name, info, _, section, value, size = struct.unpack_from("<IBBHQQ", content, at)
            self.symbols.append((text_at(strings, name), info & 15, section, value, size))
        self.relocations = {}  # (section, offset): symbol
        for _, header, content in self.sections:
            if header[1] == SHT_REL:
                for at in range(0, len(content), 16):
                    offset, info = struct.unpack_from("<QQ", content, at)
                    self.relocations[header[7], offset] = self.symbols[info >> 32]

    def read_btf(self):
        """Reads which fields are asked for: {(section's name, offset): text}."""
        btf, ext = self.section(".BTF"), self.section(".BTF.ext")
        length, types, size, strings = struct.unpack_from("<IIII", btf, 4)
        names, at = ["void"], length + types
        while at < length + types + size:
            name, info, _ = struct.unpack_from("<III", btf, at)
            kind, count = info >> 24 & 31, info & 0xffff
            names.append(text_at(btf, length + strings + name))
            at += 12 + KINDS_WITH_DATA.get(kind, 0) + KINDS_WITH_LIST.get(kind, 0) * count
        header, = struct.unpack_from("<I", ext, 4)
        offset, size = struct.unpack_from("<II", ext, 24)
        at, self.fields = header + offset + 4, {}
        end = header + offset + size
        while at < end:
            section, count = struct.unpack_from("<II", ext, at)
            at += 8
            for _ in range(count):
                insn, type_id, access, kind = struct.unpack_from("<IIII", ext, at)
                key = text_at(btf, length + strings + section), insn
                self.fields[key] = f"field {kind} {names[type_id]} {text_at(btf, length + strings + access)}"
                at += 16

    def name_at(self, section, value, kinds):
        """The symbol at a place of a section, and how far into it that is."""
        for name, kind, in_section, start, size in self.symbols:
            if kind in kinds and in_section == section and start <= value < start + max(size, 1):
                return name + (f"+{value - start}" if value != start else "")
        return f"{self.sections[section][0]}+{value}"

    def refers_to(self, section, at, op, imm, src):
        symbol = self.relocations.get((section, at))
        if op == CALL and src == PSEUDO_CALL:
            if not symbol:
                return self.name_at(section, at + 8 + imm * 8, (STT_FUNC,))
            if symbol[1] == STT_SECTION:
                return self.name_at(symbol[2], (imm + 1) * 8, (STT_FUNC,))
            return symbol[0]
        if not symbol:
            return None
        if symbol[1] == STT_SECTION:
            return self.name_at(symbol[2], imm, (STT_OBJECT,))
        return symbol[0] + (f"+{imm}" if imm else "")

    def function(self, symbol):
        _, _, section, start, size = symbol
        name, _, content = self.sections[section]
        lines = [f"section {name}"]
        for at in range(start, start + size, 8):
            op, regs, off, imm = struct.unpack_from("<BBhi", content, at)
            target = self.refers_to(section, at, op, imm, regs >> 4)
            line = f"{op:02x} {regs:02x} {off:+d} {target or imm}"
            if (name, at) in self.fields:
                line += " # " + self.fields[name, at]
            lines.append(line)
        return lines

    def contents(self):
        """Returns {name: lines} of functions and variables."""
        found = {}
        for symbol in self.symbols:
            name, kind, section, start, size = symbol
            if kind == STT_FUNC:
                found[name] = self.function(symbol)
            elif kind == STT_OBJECT:
                where, _, content = self.sections[section]
                found[name] = [f"section {where}, {size} bytes", content[start:start + size].hex()]
        return found


def renamed(contents, names):
    def rename(line):
        words = line.split(" ")
        return " ".join(names.get(word.split("+")[0], word.split("+")[0]) + word[len(word.split("+")[0]):]
                        for word in words)
    return {names.get(name, name): [rename(line) for line in lines] for name, lines in contents.items()}


def main():
    names = dict(arg.split("=", 1) for arg in sys.argv[1:] if "=" in arg)
    paths = [arg for arg in sys.argv[1:] if "=" not in arg]
    if len(paths) not in (1, 2):
        sys.exit(__doc__)
    try:
        contents = [Object(path).contents() for path in paths]
    except (OSError, ValueError, struct.error, StopIteration) as err:
        print(f"{paths}: {err}", file=sys.stderr)
        return 2
    if len(paths) == 1:
        for name, lines in sorted(contents[0].items()):
            print(f"{name}:\n  " + "\n  ".join(lines))
        return 0
    before, after = renamed(contents[0], names), contents[1]
    different = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    for name in different:
        how = "gone" if name not in after else "new" if name not in before else "different"
        print(f"{name}: {how}")
        pairs = list(zip(before.get(name, []), after.get(name, [])))
        for line, other in [(a, b) for a, b in pairs if a != b][:3]:
            print(f"  - {line}\n  + {other}")
    functions = [lines for lines in after.values() if not lines[0].endswith("bytes")]
    print(f"{len(functions)} functions of {sum(len(lines) - 1 for lines in functions)} instructions, "
          f"{len(after) - len(functions)} variables and maps: {len(different)} differ")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
