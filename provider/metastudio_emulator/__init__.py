"""A local MetaStudio: the training-job service over HTTP, with storage."""
