"""The port to a local model.

In: messages and a schema. Out: streamed text and a validated object, or a typed error. The only importer of
``ollama`` and (with ``learning/documents.py``) of ``httpx``, both late.
"""
