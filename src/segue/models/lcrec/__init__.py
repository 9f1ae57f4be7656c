"""LC-Rec: a language model over semantic ids that an RQ-VAE learnt from what is known of the tracks."""
