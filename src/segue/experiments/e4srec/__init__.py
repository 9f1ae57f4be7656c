"""The study of the multimodal E4SRec (arXiv 2606.00125): its tables as published and as corrected."""
