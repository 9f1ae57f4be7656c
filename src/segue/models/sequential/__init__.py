"""Sequential recommenders that learn a vector for every track: SASRec, BERT4Rec, GRU4Rec."""
