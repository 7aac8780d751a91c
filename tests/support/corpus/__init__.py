"""Valid files of every accepted type, written by generators that combine the oddities of real programs and transfers."""
