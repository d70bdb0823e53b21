"""The map: items in, one self-contained page out. `model` says what there is, `layout` where it goes, `page` draws it."""
