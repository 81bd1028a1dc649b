"""MetaStudio training jobs as Pulumi resources."""
