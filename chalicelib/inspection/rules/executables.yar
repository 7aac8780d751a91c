/*
    Programs anywhere in a file: a document or a recording has no reason to contain one.
    Each rule needs enough fixed bytes (9 or more) that compressed pictures do not match by chance.
*/

rule windows_program
{
    meta:
        sentence = "A Windows program is hidden in the file. Upload the document without it."
    strings:
        // PE header: machine (x86, x64, ARM, ARM64), fewer than 256 sections, size of the optional header, its magic number.
        $pe = { 50 45 00 00 ( 4C 01 | 64 86 | C4 01 | 64 AA ) ?? 00 [12] ( E0 | F0 ) 00 ?? ?? 0B ( 01 | 02 ) }
    condition:
        $pe
}

rule dos_program
{
    meta:
        sentence = "The header of a Windows program is hidden in the file. Upload the document without it."
    strings:
        // MZ header and the stub's words, at their usual distance; the words alone occur in many books.
        $stub = { 4D 5A ?? 00 [60-128] 54 68 69 73 20 70 72 6F 67 72 61 6D 20 63 61 6E 6E 6F 74 20 62 65 20 72 75 6E }
    condition:
        $stub
}

rule linux_program
{
    meta:
        sentence = "A Linux program is hidden in the file. Upload the document without it."
    strings:
        // ELF header: class, byte order, version, system and its version, padding.
        $elf = { 7F 45 4C 46 ( 01 | 02 ) ( 01 | 02 ) 01 ( 00 | 03 | 09 ) ?? 00 00 00 00 00 00 00 }
    condition:
        $elf
}

rule macos_program
{
    meta:
        sentence = "A macOS program is hidden in the file. Upload the document without it."
    strings:
        // Mach-O header: magic, processor (x86-64, ARM64), subtype, file type below 16.
        $little = { CF FA ED FE ( 07 | 0C ) 00 00 01 ?? 00 00 ?? ( 01 | 02 | 03 | 04 | 05 | 06 | 07 | 08 | 09 | 0A | 0B ) 00 00 00 }
        $wide = { CA FE BA BE 00 00 00 ( 01 | 02 | 03 | 04 ) 01 00 00 ( 07 | 0C ) }
    condition:
        $little or $wide
}

rule script_for_windows
{
    meta:
        sentence = "A Windows shortcut or script component is hidden in the file. Upload the document without it."
    strings:
        // Shell link header: its size and class identifier.
        $shortcut = { 4C 00 00 00 01 14 02 00 00 00 00 00 C0 00 00 00 00 00 00 46 }
    condition:
        $shortcut
}

rule java_program
{
    meta:
        sentence = "A Java program is hidden in the file. Upload the document without it."
    strings:
        // Class file of Java 1.1 to 25, and the constant that every class names.
        $class = { CA FE BA BE 00 ( 00 | 03 ) 00 ( 2D | 2E | 2F | 30 | 31 | 32 | 33 | 34 | 35 | 36 | 37 | 38 | 39 | 3A | 3B | 3C | 3D | 3E | 3F | 40 | 41 | 42 | 43 | 44 | 45 ) }
        $object = "java/lang/Object"
    condition:
        $class and $object
}

rule android_program
{
    meta:
        sentence = "An Android program is hidden in the file. Upload the document without it."
    strings:
        $dex = { 64 65 78 0A 30 33 ( 35 | 36 | 37 | 38 | 39 ) 00 [32] 70 00 00 00 78 56 34 12 }
    condition:
        $dex
}

rule web_assembly
{
    meta:
        sentence = "A WebAssembly program is hidden in the file. Upload the document without it."
    strings:
        // Magic, version 1, and a type section with a function type.
        $wasm = { 00 61 73 6D 01 00 00 00 01 ?? ( ?? | ?? ?? ) 60 }
    condition:
        $wasm
}

rule compiled_python
{
    meta:
        sentence = "A packed Python program is hidden in the file. Upload the document without it."
    strings:
        // The archive that PyInstaller appends to a program.
        $cookie = { 4D 45 49 0C 0B 0A 0B 0E }
    condition:
        $cookie
}
