"""What is made with the library: the document's perceptron, and the doctor."""
