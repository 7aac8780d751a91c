/*
    Active content of Office documents. Word's own parts are also checked by name and structure (documents/docx.py);
    these rules find them under other names, and in other kinds of files.
*/

rule macro_project
{
    meta:
        sentence = "The file contains macros. Save a copy without macros and upload that."
    strings:
        $module = { 00 41 74 74 72 69 62 75 74 ( 00 | 65 ) 20 56 42 5F }
        $project = "_VBA_PROJECT" wide
        $source = "Attribute VB_Name = " ascii
    condition:
        (family == "member" or family == "media" or family == "pdf") and ($project or $module or ($source and family == "member"))
}

rule old_macro_sheet
{
    meta:
        sentence = "The file contains old Excel 4 macros. Save a copy without them and upload that."
    strings:
        $sheet = /<xm:macrosheet[ \t\r\n>]/ nocase
        $auto = "_xlnm.Auto_Open" nocase
    condition:
        family == "member" and any of them
}

rule equation_exploit
{
    meta:
        sentence = "The document starts an old equation editor that is unsafe. Save a copy without these equations."
    strings:
        // Class identifier of Equation Editor 3, and its stream.
        $class = { 02 CE 02 00 00 00 00 00 C0 00 00 00 00 00 00 46 }
        $name = "Equation Native" wide
    condition:
        any of them
}

rule packaged_object
{
    meta:
        sentence = "The document contains a packaged file that opens with a double click. Save a copy without it."
    strings:
        $stream = "Ole10Native" wide
        $class = { 0C 00 03 00 00 00 00 00 C0 00 00 00 00 00 00 46 }
    condition:
        any of them
}

rule rtf_object
{
    meta:
        sentence = "The file contains an RTF document with an embedded object. Save a copy without it."
    strings:
        $rtf = "{\\rt"
        $data = /\\objdata[ \t\r\n{\\]/
        $update = "\\objupdate"
    condition:
        $rtf and any of ($data, $update) and (family == "member" or family == "media" or (family != "rtf" and $rtf at 0))
}

rule remote_protocol
{
    meta:
        sentence = "The document contains a link that starts a Windows program. Save a copy without that link."
    strings:
        $support = "ms-msdt:/" nocase
        $search = "search-ms:query=" nocase
        $handler = "mhtml:http" nocase
    condition:
        family == "member" and any of them
}

rule compiled_help
{
    meta:
        sentence = "A Windows help file, which can run programs, is hidden in the file. Upload the document without it."
    strings:
        $chm = { 49 54 53 46 03 00 00 00 60 00 00 00 }
    condition:
        $chm
}

rule html_application
{
    meta:
        sentence = "A Windows program written as a web page (HTA) is hidden in the file. Upload the document without it."
    strings:
        $tag = /<hta:application[ \t\r\n>\/]/ nocase
        $run = "WScript.Shell" nocase
        $tasks = "Scripting.FileSystemObject" nocase
    condition:
        (family == "member" or family == "media") and $tag
        or (family == "text" and $tag and ($run or $tasks))
        or (family == "media" and ($run or $tasks))
}

rule windows_script
{
    meta:
        sentence = "A script for Windows is hidden in the file. Upload the document without it."
    strings:
        $component = /<scriptlet>|<job[ \t][^<>]{0,100}>[ \t\r\n]{0,20}<script[ \t]/ nocase
        $encoded = "#@~^"
        $squib = /regsvr32[^\r\n]{0,60}scrobj\.dll/ nocase
    condition:
        (family == "member" or family == "media") and ($component or $squib)
        or (family == "member" and $encoded at 0)
}
