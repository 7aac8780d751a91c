/*
    Files made to test scanners. They are harmless, and rejected on purpose: users upload them to see that.
*/

rule eicar
{
    meta:
        sentence = "The file contains the EICAR antivirus test string. It is harmless, and rejected as malware would be."
    strings:
        // Two halves: as one literal, scanners would report this rule file.
        $head = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" ascii wide
        $tail = "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*" ascii wide
    condition:
        for any i in (1..#head) : ($tail at @head[i] + !head[i])
}

rule spam_test
{
    meta:
        sentence = "The file contains the test string of spam filters (GTUBE). It is harmless, and rejected on purpose."
    strings:
        $head = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-"
        $tail = "STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
    condition:
        for any i in (1..#head) : ($tail at @head[i] + !head[i])
}
