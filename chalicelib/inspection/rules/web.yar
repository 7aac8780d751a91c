/*
    Code for servers and browsers inside pictures, sound and video: harmless until a server or a browser takes the file
    for something else. A book or a page about programming may quote it, so it is not searched for there.
*/

rule php_in_media
{
    meta:
        sentence = "PHP code is hidden in the picture or recording. Upload one without it."
    strings:
        $php = /<\?php[ \t\r\n\/]/ nocase
        // With its end: the five bytes before it occur by chance in 40 MB of compressed picture.
        $echo = /<\?=[ \t]{0,8}[$`][\x20-\x7e]{4,200}\?>/
    condition:
        family == "media" and any of them
}

rule asp_in_media
{
    meta:
        sentence = "Code for a web server (ASP or JSP) is hidden in the picture or recording. Upload one without it."
    strings:
        $page = /<%@[ \t]{0,8}(page|language|import|webhandler|webservice)[ \t]/ nocase
        $run = /<%[ \t\r\n=]{0,8}(eval|execute|executeglobal|runtime\.getruntime|response\.write|out\.print)[ \t]{0,8}[(+" ]/ nocase
    condition:
        family == "media" and any of them
}

rule script_in_media
{
    meta:
        sentence = "A script for web pages is hidden in the picture or recording. Upload one without it."
    strings:
        $tag = /<script[ \t\r\n>\/]/ nocase
        $address = /javascript:[a-z(][a-z0-9_.]{0,40}[(=]/ nocase
    condition:
        family == "media" and any of them
}

rule page_in_media
{
    meta:
        sentence = "A web page is hidden in the picture or recording. Upload one without it."
    strings:
        $doctype = /<!doctype[ \t\r\n]{1,8}html/ nocase
        $html = /<html[ \t\r\n>][\t\r\n\x20-\x7e]{8}/ nocase
        $frame = /<iframe[ \t\r\n]/ nocase
        $handler = /<(img|body|svg|input|video|audio)[ \t\r\n][^<>]{0,200}on(error|load|click|mouseover)[ \t]{0,8}=/ nocase
    condition:
        family == "media" and any of them
}

rule svg_in_media
{
    meta:
        sentence = "A second picture that can hold scripts (SVG) is hidden in the file. Upload one without it."
    strings:
        $svg = /<svg[ \t\r\n][^<>]{0,400}xmlns/ nocase
    condition:
        family == "media" and $svg
}

rule server_side_include
{
    meta:
        sentence = "An instruction to a web server is hidden in the picture or recording. Upload one without it."
    strings:
        $run = /<!--#(exec|include)[ \t]{1,8}(cmd|cgi|file|virtual)/ nocase
    condition:
        family == "media" and $run
}

rule shell_script_in_media
{
    meta:
        sentence = "A script for a command line is hidden in the picture or recording. Upload one without it."
    strings:
        $shebang = /#![ \t]{0,4}\/(usr\/|usr\/local\/)?bin\/(env[ \t]|ba?sh|zsh|perl|python|ruby|node)/
        $connect = /bash -i[ \t]{0,8}>&[ \t]{0,8}\/dev\/tcp\//
    condition:
        family == "media" and any of them
}

rule powershell_in_media
{
    meta:
        sentence = "A PowerShell command is hidden in the picture or recording. Upload one without it."
    strings:
        $encoded = /powershell(\.exe)?[ \t][^\r\n]{0,200}-e(nc|ncodedcommand)?[ \t]{1,8}[A-Za-z0-9+\/=]{40}/ nocase
        $download = /(iex|invoke-expression)[^\r\n]{0,100}(downloadstring|downloadfile|invoke-webrequest)/ nocase
    condition:
        family == "media" and any of them
}

rule image_tragick
{
    meta:
        sentence = "The picture contains instructions for the program that shows it. Upload one without them."
    strings:
        $mvg = "push graphic-context" nocase
        $msl = /<image>[ \t\r\n]{0,20}<read[ \t]{1,8}filename/ nocase
        $ephemeral = /ephemeral:\// nocase
    condition:
        family == "media" and any of them
}

rule web_shell
{
    meta:
        sentence = "The file contains a program that takes over web servers. If it is an example in a text, remove it."
    strings:
        // Asked for together: a text that explains one of them quotes a line, not a whole shell.
        $run = /(eval|assert|system|passthru|shell_exec)[ \t]{0,4}\([ \t]{0,4}(@?base64_decode[ \t]{0,4}\(|gzinflate[ \t]{0,4}\(|@?\$_(POST|GET|REQUEST|COOKIE)\[)/ nocase
        $open = /<\?php/ nocase
        $silent = "error_reporting(0)" nocase
        $limit = "set_time_limit(0)" nocase
    condition:
        family == "text" and $run and $open and $silent and $limit
}
