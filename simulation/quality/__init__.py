"""How right and how different the k texts are that a student wrote to one prompt: pure functions of completions.

Nothing here sees a prompt or a template, so nothing can change with them. A figure of k texts is never compared with
one of another number.
"""
