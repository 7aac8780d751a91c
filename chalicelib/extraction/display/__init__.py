"""The display form of a document: sanitised HTML in sections, in which every text run carries its offset in the reading text."""
