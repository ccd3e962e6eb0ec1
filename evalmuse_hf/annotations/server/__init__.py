"""The annotation page behind an address; everything below here needs Gradio."""
