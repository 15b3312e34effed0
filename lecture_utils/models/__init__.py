"""Models that do a task of the lecture: taggers, classifiers, generators, encoder–decoder, captioner; one file each."""
