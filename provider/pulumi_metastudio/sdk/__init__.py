"""Small additions to Pulumi's SDK. They know nothing of MetaStudio."""
