"""Results while somebody is still speaking: the model cut in two, features kept, the last second read again, words promised once they stay."""
