"""Every file is read in a child process that may die without hurting anyone.

client.py is the parent's side, template.py the warm process that forks, child.py one file's
reader, layers.py what the child may not do, codec.py how its result travels.
"""
