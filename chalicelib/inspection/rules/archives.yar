/*
    Archives inside pictures, sound and video. Programs that extract archives find them anywhere in a file.
*/

rule rar_archive
{
    meta:
        sentence = "A RAR archive is hidden in the file. Upload the file without it."
    strings:
        $rar = { 52 61 72 21 1A 07 ( 00 | 01 00 ) }
    condition:
        family == "media" and $rar
}

rule seven_zip_archive
{
    meta:
        sentence = "A 7-Zip archive is hidden in the file. Upload the file without it."
    strings:
        $archive = { 37 7A BC AF 27 1C 00 ( 02 | 03 | 04 ) }
    condition:
        family == "media" and $archive
}

rule zip_archive
{
    meta:
        sentence = "A ZIP archive is hidden in the file. Upload the file without it."
    strings:
        // Directory entry: made by, needed version below 64, flags, stored or deflated.
        $entry = { 50 4B 01 02 ?? ( 00 | 03 | 0A | 13 ) ( 0A | 14 | 2D ) ( 00 | 03 ) ?? ( 00 | 08 ) ( 00 | 08 ) 00 }
    condition:
        family == "media" and $entry
}

rule cabinet_archive
{
    meta:
        sentence = "A Windows cabinet is hidden in the file. Upload the file without it."
    strings:
        // Magic, reserved, size, reserved, offset of the first file, reserved, version 1.3.
        $cabinet = { 4D 53 43 46 00 00 00 00 ?? ?? ?? ?? 00 00 00 00 ?? ?? ?? ?? 00 00 00 00 03 01 }
    condition:
        (family == "media" or family == "member") and $cabinet
}

rule xar_archive
{
    meta:
        sentence = "A macOS installer is hidden in the file. Upload the file without it."
    strings:
        $xar = { 78 61 72 21 00 1C 00 01 00 00 00 00 }
    condition:
        (family == "media" or family == "member") and $xar
}

rule disk_image
{
    meta:
        sentence = "A disk image is hidden in the file. Upload the file without it."
    strings:
        $iso = { 01 43 44 30 30 31 01 00 }
    condition:
        (family == "media" or family == "member") and $iso at 32768
}

rule pdf_in_media
{
    meta:
        sentence = "A PDF is hidden in the picture or recording. Upload it on its own."
    strings:
        $head = /%PDF-[12]\.[0-9][\r\n]/
        $end = "startxref"
    condition:
        family == "media" and $head and $end
}

rule old_office_document
{
    meta:
        sentence = "An old Office document, or a container of that kind, is hidden in the file. Upload it on its own."
    strings:
        // Compound file: magic, no class, versions, byte order.
        $ole = { D0 CF 11 E0 A1 B1 1A E1 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 ?? 00 ( 03 | 04 ) 00 FE FF }
    condition:
        (family == "media" or family == "member") and $ole
}
