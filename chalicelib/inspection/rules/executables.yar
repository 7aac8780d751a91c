/*
    Programs, wherever in a file they stand: a document or a recording has no reason to hold one.
    Each rule asks for enough fixed bytes (9 or more) that compressed pictures do not match by chance.
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
