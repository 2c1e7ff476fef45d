"""How English words are said: a lexicon, a few rules, and a joint n-gram model of letters and phones for every other word."""
