# denial
