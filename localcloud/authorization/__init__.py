"""Authorization: what each call needs, in the words of AWS's Service Authorization Reference, and whether its caller may."""
