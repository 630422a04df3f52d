#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""first-object.py IN OUT PROGRAM...: a BPF object with these programs alone, and the functions that they call.

libbpf reads and adjusts all of an object at each start, whatever of it is loaded. So what is loaded first has an object
of its own. Types, maps and variables are those of IN, byte by byte: the objects can share maps, and one skeleton is for
both.
"""

import struct
import sys

EHDR, SHDR, SYM, REL = "<16sHHIQQQIHHHHHH", "<IIQQQQIIQQ", "<IBBHQQ", "<QQ"
SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_NOBITS, SHT_REL = 1, 2, 3, 8, 9
SHF_ALLOC, SHF_EXECINSTR = 2, 4
STT_FUNC, STT_SECTION = 2, 3
R_BPF_64_32 = 10  # of a call
CALL, PSEUDO_CALL = 0x85, 1
INSN = 8


def die(text):
    sys.exit(f"first-object: {text}")


def text_at(data, offset):
    return data[offset:data.index(b"\0", offset)].decode()


class Section:
    def __init__(self, header, data, names):
        (name, self.type, self.flags, _, offset, size, self.link, self.info, self.align,
         self.entsize) = header
        self.size = size
        self.new = None  # what it has in the new object
        self.data = bytearray(size if self.type == SHT_NOBITS else data[offset:offset + size])
        self.name = text_at(names, name) if names else name

    def is_code(self):
        return self.type == SHT_PROGBITS and bool(self.flags & SHF_EXECINSTR)


class Symbol:
    def __init__(self, fields, names):
        name, self.info, self.other, self.section, self.value, self.size = fields
        self.name = text_at(names, name)
        self.kind, self.is_local = self.info & 15, not self.info >> 4


class Object:
    def __init__(self, data):
        self.header = struct.unpack_from(EHDR, data)
        start, size, count, names = self.header[6], self.header[11], self.header[12], self.header[13]
        headers = [struct.unpack_from(SHDR, data, start + i * size) for i in range(count)]
        self.sections = [Section(h, data, None) for h in headers]
        table = bytes(self.sections[names].data)
        self.sections = [Section(h, data, table) for h in headers]
        symtab = next(s for s in self.sections if s.type == SHT_SYMTAB)
        strings = bytes(self.sections[symtab.link].data)
        self.symbols = [Symbol(f, strings) for f in struct.iter_unpack(SYM, symtab.data)]
        self.relocations = {s.info: list(struct.iter_unpack(REL, s.data))
                            for s in self.sections if s.type == SHT_REL}

    def function_at(self, section, offset):
        for symbol in self.symbols:
            if symbol.kind == STT_FUNC and symbol.section == section and \
                    symbol.value <= offset < symbol.value + symbol.size:
                return symbol
        return die(f"no function at {offset} of {self.sections[section].name}")


def calls(obj, function):
    """Of a function: (offset of the call, whom it calls, whether a relocation tells)."""
    code = obj.sections[function.section].data
    within = range(function.value, function.value + function.size)
    told = {}
    for offset, info in obj.relocations.get(function.section, []):
        target = obj.symbols[info >> 32]
        if offset not in within:
            continue
        is_call = info & 0xffffffff == R_BPF_64_32
        if obj.sections[target.section].is_code() != is_call:
            die(f"a function's address in {function.name}")
        if is_call:
            told[offset] = target
    for offset in range(function.value, function.value + function.size, INSN):
        opcode, registers, _, imm = struct.unpack_from("<BBhi", code, offset)
        if opcode != CALL or registers >> 4 != PSEUDO_CALL:
            continue
        target = told.get(offset)
        if target is None:
            yield offset, obj.function_at(function.section, offset + (imm + 1) * INSN), False
        elif target.kind == STT_SECTION:
            yield offset, obj.function_at(target.section, target.value + (imm + 1) * INSN), True
        else:
            yield offset, target, False


def reach(obj, programs):
    found, todo = [], []
    for name in programs:
        symbols = [s for s in obj.symbols if s.kind == STT_FUNC and s.name == name]
        todo += symbols if len(symbols) == 1 else die(f"no program {name}")
    while todo:
        function = todo.pop()
        if function not in found:
            found.append(function)
            todo += [target for _, target, _ in calls(obj, function)]
    return found


def move_code(obj, kept):
    """Closes the gaps between functions. Returns where each is now, by its symbol."""
    places = {}
    for index, section in enumerate(obj.sections):
        if not section.is_code():
            continue
        code = bytearray()
        for function in sorted((f for f in kept if f.section == index), key=lambda f: f.value):
            places[function] = len(code)
            code += section.data[function.value:function.value + function.size]
        section.new = code
    for function in kept:
        code = obj.sections[function.section].new
        for offset, target, by_section in calls(obj, function):
            at = places[function] + offset - function.value
            if by_section:
                struct.pack_into("<i", code, at + 4, places[target] // INSN - 1)
            elif target.section == function.section and not has_relocation(obj, function.section, offset):
                struct.pack_into("<i", code, at + 4, (places[target] - at) // INSN - 1)
    return places


def has_relocation(obj, section, offset):
    return any(o == offset for o, _ in obj.relocations.get(section, []))


def moved(kept, places, section, offset):
    """Where an offset of a section is now; None: nowhere."""
    for function in kept:
        if function.section == section and function.value <= offset < function.value + function.size:
            return places[function] + offset - function.value
    return None


def move_ext(obj, kept, places):
    """The .BTF.ext: what it tells of instructions, by section and offset."""
    btf = next(s for s in obj.sections if s.name == ".BTF").data
    strings = bytes(btf[struct.unpack_from("<I", btf, 4)[0] + struct.unpack_from("<I", btf, 16)[0]:])
    index = {s.name: i for i, s in enumerate(obj.sections)}
    ext = next(s for s in obj.sections if s.name == ".BTF.ext")
    head = list(struct.unpack_from("<HBBIIIIIII", ext.data))
    body = b""
    for part in (4, 6, 8):
        at, end = head[3] + head[part], head[3] + head[part] + head[part + 1]
        size, = struct.unpack_from("<I", ext.data, at)
        out, at = struct.pack("<I", size), at + 4
        while at < end:
            name, count = struct.unpack_from("<II", ext.data, at)
            records = b""
            for i in range(count):
                record = bytearray(ext.data[at + 8 + i * size:at + 8 + (i + 1) * size])
                place = moved(kept, places, index[text_at(strings, name)], struct.unpack_from("<I", record)[0])
                if place is not None:
                    struct.pack_into("<I", record, 0, place)
                    records += record
            if records:
                out += struct.pack("<II", name, len(records) // size) + records
            at += 8 + count * size
        head[part], head[part + 1] = len(body), len(out)
        body += out
    head[3] = struct.calcsize("<HBBIIIIIII")
    ext.new = struct.pack("<HBBIIIIIII", *head) + body


def is_kept(section):
    if section.is_code():
        return bool(section.new)
    return section.name in (".BTF", ".BTF.ext", "license") or \
        (section.flags & SHF_ALLOC and section.type in (SHT_PROGBITS, SHT_NOBITS))


class Strings:
    def __init__(self):
        self.data = bytearray(1)

    def add(self, text):
        at = len(self.data) if text else 0
        self.data += text.encode() + b"\0" if text else b""
        return at


def kept_symbols(obj, places, numbers):
    """Local ones first, as ELF has it. Of code those of functions alone: clang has one for each block, too."""
    def has_place(symbol):
        if symbol.section not in numbers:
            return False
        if symbol.kind == STT_SECTION or not obj.sections[symbol.section].is_code():
            return True
        return symbol in places

    return sorted(filter(has_place, obj.symbols[1:]), key=lambda s: not s.is_local)


def move_relocations(obj, kept, places, section, symbols):
    entries = b""
    for offset, info in obj.relocations.get(section, []):
        place = moved(kept, places, section, offset)
        if place is not None:
            entries += struct.pack(REL, place, symbols[obj.symbols[info >> 32]] << 32 | info & 0xffffffff)
    return entries


def put_together(header, sections, names):
    """The file. A section: name, type, flags, content, size where it has none, link, info, align, entsize."""
    data, headers = bytearray(struct.calcsize(EHDR)), bytearray(struct.calcsize(SHDR))
    for name, (_, kind, flags, content, size, link, info, align, entsize) in zip(names, sections):
        data += b"\0" * (-len(data) % max(align, 1))
        headers += struct.pack(SHDR, name, kind, flags, 0, len(data), size or len(content), link, info, align, entsize)
        data += content
    data += b"\0" * (-len(data) % 8)
    header = list(header)
    header[6], header[12] = len(data), 1 + len(sections)
    data[:struct.calcsize(EHDR)] = struct.pack(EHDR, *header)
    return data + headers


def write(obj, kept, places):
    old = [i for i, s in enumerate(obj.sections) if i and is_kept(s)]
    numbers = {i: n + 1 for n, i in enumerate(old)}
    symbols = kept_symbols(obj, places, numbers)
    where = {s: i + 1 for i, s in enumerate(symbols)}
    strings, symtab = Strings(), bytearray(struct.calcsize(SYM))
    for s in symbols:
        symtab += struct.pack(SYM, strings.add(s.name), s.info, s.other, numbers[s.section], places.get(s, s.value),
                              s.size)
    strtab_at = 1 + len(old)
    out, relocations = [], []
    for i in old:
        s = obj.sections[i]
        is_empty = s.type == SHT_NOBITS
        content = b"" if is_empty else bytes(s.new if s.new is not None else s.data)
        out.append((s.name, s.type, s.flags, content, s.size if is_empty else 0, 0, 0, s.align, s.entsize))
        entries = move_relocations(obj, kept, places, i, where) if s.is_code() else b""
        if entries:
            relocations.append((".rel" + s.name, SHT_REL, 0, entries, 0, strtab_at + 1, numbers[i], 8, 16))
    names = [strings.add(s[0]) for s in out] + [strings.add(".strtab"), strings.add(".symtab")]
    names += [strings.add(r[0]) for r in relocations]
    out.append((".strtab", SHT_STRTAB, 0, bytes(strings.data), 0, 0, 0, 1, 0))
    out.append((".symtab", SHT_SYMTAB, 0, bytes(symtab), 0, strtab_at, 1 + sum(s.is_local for s in symbols), 8,
                struct.calcsize(SYM)))
    return put_together(obj.header[:13] + (strtab_at,), out + relocations, names)


def main():
    with open(sys.argv[1], "rb") as file:
        obj = Object(file.read())
    kept = reach(obj, sys.argv[3:])
    places = move_code(obj, kept)
    move_ext(obj, kept, places)
    with open(sys.argv[2], "wb") as file:
        file.write(write(obj, kept, places))


main()
