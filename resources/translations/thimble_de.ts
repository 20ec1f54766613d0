<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" sourcelanguage="en" language="de">
  <context>
    <name>Thimble</name>
    <message>
      <location filename="../../core/exporters" />
      <source>ONNX (.onnx)</source>
      <translation>ONNX (.onnx)</translation>
    </message>
    <message>
      <location filename="../../core/exporters" />
      <source>TFLite (.tflite)</source>
      <translation>TFLite (.tflite)</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Edits by hand</source>
      <translation>Änderungen von Hand</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Carry out a list of edits of the graph, in order; a graph that is left wrong is marked as unfinished.</source>
      <translation>Eine Liste von Änderungen am Graphen der Reihe nach ausführen; bleibt ein Fehler, gilt der Graph als unfertig.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Edits</source>
      <translation>Änderungen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>A JSON list, as 'thimble edit --json' prints it under "edits".</source>
      <translation>Eine JSON-Liste, wie sie 'thimble edit --json' unter "edits" ausgibt.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Equalize channels</source>
      <translation>Kanäle angleichen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Like ranges for all channels before quantization, by factors that leave the network's function as it is.</source>
      <translation>Gleiche Bereiche für alle Kanäle vor dem Quantisieren, durch Faktoren, die die Funktion des Netzes nicht ändern.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Activations count</source>
      <translation>Aktivierungen zählen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Ranges of activations are equalized with those of weights; needs data</source>
      <translation>Bereiche der Aktivierungen werden mit denen der Gewichte angeglichen; braucht Daten</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Bounds of ReLU6</source>
      <translation>Schranken von ReLU6</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>keep: channels stay below them, exact; remove: ReLU instead, answers may change</source>
      <translation>behalten: Kanäle bleiben darunter, exakt; entfernen: ReLU stattdessen, Antworten können sich ändern</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>keep</source>
      <translation>behalten</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>remove</source>
      <translation>entfernen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Items</source>
      <translation>Einträge</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>At most so many show the ranges</source>
      <translation>Höchstens so viele zeigen die Bereiche</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>items</source>
      <translation>Einträge</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Headroom</source>
      <translation>Spielraum</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>How far below a bound a channel must stay at least</source>
      <translation>Wie weit ein Kanal mindestens unter einer Schranke bleiben muss</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>BatchNorm statistics again</source>
      <translation>BatchNorm-Statistik neu</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Computes BatchNormalization statistics anew on unlabelled items, and keeps them only where they help.</source>
      <translation>Berechnet die Statistik der BatchNormalization auf Einträgen ohne Labels neu und behält sie nur, wo sie hilft.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>A quarter as many beside them check the result.</source>
      <translation>Ein Viertel so viele daneben prüfen das Ergebnis.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Quantize</source>
      <translation>Quantisieren</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Weights and activations as integers, calibrated, with corrected biases; one graph for onnxruntime and TFLite.</source>
      <translation>Gewichte und Aktivierungen als ganze Zahlen, kalibriert, mit korrigierten Biaswerten; ein Graph für onnxruntime und TFLite.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Percentile</source>
      <translation>Perzentil</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of the ranges by percentile: the share of numbers kept; the rest is cut off in equal parts at both ends.</source>
      <translation>Für Bereiche nach percentile: der Anteil der Zahlen, die bleiben; der Rest wird an beiden Enden zu gleichen Teilen abgeschnitten.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Ranges</source>
      <translation>Bereiche</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>%</source>
      <translation>%</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Averaging constant</source>
      <translation>Mittelungskonstante</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of the ranges by moving_average: the weight of a new batch beside all before it.</source>
      <translation>Für Bereiche nach moving_average: das Gewicht eines neuen Stapels neben allen vorigen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Synthetic inputs</source>
      <translation>Künstliche Eingaben</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>So many are made where no data calibrates.</source>
      <translation>So viele werden erzeugt, wo nicht mit Daten kalibriert wird.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Steps for each</source>
      <translation>Schritte je Eingabe</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>In which noise becomes a synthetic input.</source>
      <translation>In denen aus Rauschen eine künstliche Eingabe wird.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>steps</source>
      <translation>Schritte</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Items for rounding</source>
      <translation>Einträge zum Runden</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Most items that gptq and adaround look at.</source>
      <translation>So viele Einträge sehen gptq und adaround höchstens an.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Rounding</source>
      <translation>Runden</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Places of an item</source>
      <translation>Stellen je Eintrag</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Most positions of a feature map that are looked at.</source>
      <translation>So viele Stellen einer Merkmalskarte werden höchstens angesehen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>places</source>
      <translation>Stellen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Damping</source>
      <translation>Dämpfung</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Share of the mean curvature added to each, so that few items do not mislead.</source>
      <translation>Anteil der mittleren Krümmung, der überall dazukommt, damit wenige Einträge nicht in die Irre führen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Steps of adaround</source>
      <translation>Schritte von adaround</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>More find better roundings.</source>
      <translation>Mehr Schritte finden bessere Rundungen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>How many bits each weight has; a layer can also stay float</source>
      <translation>Wie viele Bits jedes Gewicht hat; eine Schicht kann auch float bleiben</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>int8</source>
      <translation>int8</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>int4</source>
      <translation>int4</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>One scale for each</source>
      <translation>Eine Skala je</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>The whole tensor, each output channel, or each group of input channels</source>
      <translation>Ganzer Tensor, jeder Ausgangskanal oder jede Gruppe von Eingangskanälen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>channel</source>
      <translation>Kanal</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>group</source>
      <translation>Gruppe</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Input channels of a group</source>
      <translation>Eingangskanäle einer Gruppe</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Layers that have no more get a scale for each output channel</source>
      <translation>Schichten, die nicht mehr haben, bekommen eine Skala je Ausgangskanal</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>int16 is TFLite's 16x8 form, uint16 what QNN takes; uint8 is the faster one in onnxruntime on x86</source>
      <translation>int16 ist die 16x8-Form von TFLite, uint16 die von QNN; uint8 ist in onnxruntime auf x86 schneller</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>uint8</source>
      <translation>uint8</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>int16</source>
      <translation>int16</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>uint16</source>
      <translation>uint16</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Symmetric activations</source>
      <translation>Symmetrische Aktivierungen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Zero is the middle integer, as some accelerators want it; int16 always is so</source>
      <translation>Null ist die mittlere ganze Zahl, wie manche Beschleuniger es wollen; bei int16 ist es immer so</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>How activations' ranges are found; all but minmax cut off extremes</source>
      <translation>Wie die Bereiche der Aktivierungen bestimmt werden; alle außer minmax schneiden Ausreißer ab</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>MinMax</source>
      <translation>MinMax</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>moving average</source>
      <translation>gleitender Mittelwert</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>percentile</source>
      <translation>Perzentil</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Search ranges</source>
      <translation>Bereiche suchen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Then narrow those that cost most at the network's output; takes seconds to a minute</source>
      <translation>Danach die Bereiche verengen, die am Ausgang des Netzes am meisten kosten; dauert Sekunden bis eine Minute</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Calibrate with</source>
      <translation>Kalibrieren mit</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>The data, without labels; or inputs made to match BatchNormalizations, in minutes</source>
      <translation>Den Daten, ohne Klassen; oder Eingaben, die zu den BatchNormalizations passend gemacht werden, in Minuten</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>data</source>
      <translation>Daten</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>synthetic</source>
      <translation>künstlich</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Calibration items</source>
      <translation>Einträge zum Kalibrieren</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>At most so many items set the ranges</source>
      <translation>Höchstens so viele Einträge bestimmen die Bereiche</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>First give channels of very unlike ranges like ones; the function stays</source>
      <translation>Zuerst Kanälen mit sehr ungleichen Bereichen gleiche geben; die Funktion bleibt</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Rounding of weights</source>
      <translation>Rundung der Gewichte</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>gptq and adaround look at data, and take longer</source>
      <translation>gptq und adaround sehen Daten an und dauern länger</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>AdaRound</source>
      <translation>AdaRound</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>GPTQ</source>
      <translation>GPTQ</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>nearest</source>
      <translation>nächste Zahl</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Correct biases</source>
      <translation>Biaswerte korrigieren</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Refit each bias behind the already quantized layers; takes seconds, helps most</source>
      <translation>Jeden Bias hinter den schon quantisierten Schichten neu anpassen; dauert Sekunden, hilft am meisten</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Items for biases</source>
      <translation>Einträge für Biaswerte</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>How many of them correct biases</source>
      <translation>Wie viele davon Biaswerte korrigieren</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Lowest value</source>
      <translation>Kleinster Wert</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of the layer's result; empty: as calibration finds it. Every range is widened to hold 0</source>
      <translation>Vom Ergebnis der Schicht; leer: wie die Kalibrierung ihn findet. Jeder Bereich wird so erweitert, dass er 0 enthält</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Highest value</source>
      <translation>Größter Wert</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of the layer's result; what lies beyond it is cut off</source>
      <translation>Vom Ergebnis der Schicht; was darüber hinausgeht, wird abgeschnitten</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>TFLite full int8</source>
      <translation>TFLite vollständig int8</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Weights int8 with zero point 0, a scale for each output channel; activations int8; biases int32.</source>
      <translation>Gewichte int8 mit Nullpunkt 0, eine Skala je Ausgangskanal; Aktivierungen int8; Biases int32.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>TFLite 16x8</source>
      <translation>TFLite 16x8</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Activations int16 with zero point 0, weights int8, biases int64; slower than int8, closer to float.</source>
      <translation>Aktivierungen int16 mit Nullpunkt 0, Gewichte int8, Biases int64; langsamer als int8, näher an float.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>XNNPACK has no 16-bit kernels, so that LiteRT computes with its plain ones.</source>
      <translation>XNNPACK hat keine Kernel für 16 Bit, daher rechnet LiteRT mit seinen einfachen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>onnxruntime x86</source>
      <translation>onnxruntime x86</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Activations uint8, weights int8 with zero point 0: beside int8 activations onnxruntime leaves layers in float on x86. Processors without VNNI saturate sums of such products.</source>
      <translation>Aktivierungen uint8, Gewichte int8 mit Nullpunkt 0: neben int8-Aktivierungen lässt onnxruntime auf x86 Schichten in Float. Prozessoren ohne VNNI sättigen Summen solcher Produkte.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>onnxruntime ARM</source>
      <translation>onnxruntime ARM</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Activations and weights int8: onnxruntime's own first choice; sums do not saturate there.</source>
      <translation>Aktivierungen und Gewichte int8: die erste Wahl von onnxruntime selbst; Summen sättigen dort nicht.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>That int8 activations are at least as fast as uint8 on ARM was not measured here.</source>
      <translation>Dass Aktivierungen in int8 auf ARM mindestens so schnell sind wie uint8, wurde hier nicht gemessen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Edge TPU</source>
      <translation>Edge TPU</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>A TFLite file in 8 bits throughout, inputs and outputs too, with sizes that are known beforehand.</source>
      <translation>Eine TFLite-Datei durchgehend in 8 Bit, auch Ein- und Ausgänge, mit vorher bekannten Größen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Its compiler takes int8 weights with a scale for each channel, as TFLite's converter writes them.</source>
      <translation>Sein Compiler nimmt Gewichte in int8 mit einer Skala je Kanal, wie sie der Konverter von TFLite schreibt.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>QNN (HTP)</source>
      <translation>QNN (HTP)</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Activations uint8, weights int8 with zero point 0: a scale for each channel in convolutions, one for the tensor in Gemm and MatMul.</source>
      <translation>Aktivierungen uint8, Gewichte int8 mit Nullpunkt 0: eine Skala je Kanal in Faltungen, eine für den ganzen Tensor in Gemm und MatMul.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>QNN (HTP), 16-bit activations</source>
      <translation>QNN (HTP), Aktivierungen mit 16 Bit</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Activations uint16, weights int8 with zero point 0; Sigmoid in steps of 1/65536, Tanh of 1/32768.</source>
      <translation>Aktivierungen uint16, Gewichte int8 mit Nullpunkt 0; Sigmoid in Stufen von 1/65536, Tanh von 1/32768.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Quantize to int8</source>
      <translation>Auf int8 quantisieren</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Weights and activations in 8 bits, calibrated, with corrected biases; one graph for onnxruntime and TFLite.</source>
      <translation>Gewichte und Aktivierungen in 8 Bit, kalibriert, mit korrigierten Biaswerten; ein Graph für onnxruntime und TFLite.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Per channel</source>
      <translation>Je Kanal</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>A weight scale for each output channel, not one a layer</source>
      <translation>Eine Skala der Gewichte je Ausgangskanal statt einer je Schicht</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>uint8 is the faster one in onnxruntime on x86; TFLite files are the same</source>
      <translation>uint8 ist in onnxruntime auf x86 schneller; TFLite-Dateien sind gleich</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Rescue</source>
      <translation>Retten</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Quantizes as well as a target asks: better ways one by one, each kept if it helps, and what each brought.</source>
      <translation>Quantisiert so gut, wie ein Ziel verlangt: bessere Wege nacheinander, jeder bleibt, wenn er hilft; und was jeder gebracht hat.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Top-1 lost (needs labels; else agreement counts), answers as in float, or distance</source>
      <translation>Top-1-Verlust (braucht Klassen; sonst zählt Übereinstimmung), Antworten wie in Float oder Abstand</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>SQNR</source>
      <translation>SQNR</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Top-1 lost at most</source>
      <translation>Top-1-Verlust höchstens</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of the float network's</source>
      <translation>Von dem des Float-Netzes</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Agreement at least</source>
      <translation>Übereinstimmung mindestens</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Answers that are the float network's</source>
      <translation>Antworten, die die des Float-Netzes sind</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>SQNR at least</source>
      <translation>SQNR mindestens</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of the outputs, against the float network's</source>
      <translation>Der Ausgaben, gegen die des Float-Netzes</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>dB</source>
      <translation>dB</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>The whole tensor, each output channel, or each group of inputs</source>
      <translation>Der ganze Tensor, jeder Ausgangskanal oder jede Gruppe von Eingängen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>uint8 is the faster one in onnxruntime on x86; int16 is TFLite's 16x8 form</source>
      <translation>uint8 ist in onnxruntime auf x86 schneller; int16 ist die 16x8-Form von TFLite</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Layers in float at most</source>
      <translation>Schichten in Float höchstens</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>The last resort; 0 leaves none</source>
      <translation>Das letzte Mittel; 0 lässt keine</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Try AdaRound</source>
      <translation>AdaRound versuchen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Learned rounding of weights: takes minutes, helps little at 8 bits</source>
      <translation>Gelerntes Runden der Gewichte: dauert Minuten, hilft bei 8 Bit wenig</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>At most so many set ranges, biases and roundings</source>
      <translation>Höchstens so viele bestimmen Bereiche, Biaswerte und Rundungen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Items that check</source>
      <translation>Prüfende Einträge</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>At most so many tell what helps; they calibrate nothing meanwhile</source>
      <translation>Höchstens so viele zeigen, was hilft; sie kalibrieren währenddessen nichts</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Found before</source>
      <translation>Früher gefunden</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>What a search found, as JSON: it is done again without searching</source>
      <translation>Was eine Suche fand, als JSON: es wird ohne Suche wiederholt</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Zero is the middle integer, as some accelerators want it</source>
      <translation>Null ist die mittlere ganze Zahl, wie manche Beschleuniger es wollen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>How the range of the layer's result is found</source>
      <translation>Wie der Bereich des Ergebnisses der Schicht gefunden wird</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Pruning sensitivity</source>
      <translation>Empfindlichkeit gegen Pruning</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Masks the weakest channels of one group at a time and measures what is lost, so that ratios can be chosen.</source>
      <translation>Maskiert die schwächsten Kanäle jeweils einer Gruppe und misst, was verloren geht, damit sich Anteile wählen lassen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Score</source>
      <translation>Bewertung</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>The channels that it calls weakest are masked first.</source>
      <translation>Die Kanäle, die es für die schwächsten hält, werden zuerst maskiert.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>magnitude</source>
      <translation>Betrag</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>LAMP</source>
      <translation>LAMP</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>mean activation</source>
      <translation>mittlere Aktivierung</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>refit residual</source>
      <translation>Rest nach dem Nachrechnen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Taylor</source>
      <translation>Taylor</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Shares masked</source>
      <translation>Maskierte Anteile</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of every channel group, each above 0 and below 1.</source>
      <translation>Jeder Kanalgruppe, jeweils über 0 und unter 1.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of the data; more tell smaller losses apart and take longer.</source>
      <translation>Der Daten; mehr unterscheiden kleinere Verluste und dauern länger.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>What cutting one group may lose at its suggested ratio.</source>
      <translation>Was das Kürzen einer Gruppe beim vorgeschlagenen Anteil kosten darf.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>points of top-1</source>
      <translation>Punkte Top-1</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Where quantization loses accuracy</source>
      <translation>Wo die Quantisierung Genauigkeit kostet</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Runs the quantized network against its float parent: which layers lose, from which cause, and what cures it.</source>
      <translation>Vergleicht das quantisierte Netz mit seinem Gleitkomma-Vorgänger: welche Schichten verlieren, aus welcher Ursache, und was dagegen hilft.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of the data; more tell smaller losses apart.</source>
      <translation>Aus den Daten; mehr unterscheiden kleinere Verluste.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Share of the loss</source>
      <translation>Anteil am Verlust</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>From this part of the loss on a layer gets a cause and a cure.</source>
      <translation>Ab diesem Anteil am Verlust bekommt eine Schicht Ursache und Abhilfe.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Layers at most</source>
      <translation>Höchstens Schichten</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Those with the largest error of their own are tried one by one.</source>
      <translation>Die mit dem größten eigenen Fehler werden einzeln erprobt.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Apply the cures</source>
      <translation>Abhilfen anwenden</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Quantize the parent again with each cure and with all, and measure again.</source>
      <translation>Den Vorgänger mit jeder Abhilfe und mit allen neu quantisieren und wieder messen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Time the layers</source>
      <translation>Zeit der Schichten messen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Say which quantized layers are slower than in float on this machine.</source>
      <translation>Sagen, welche quantisierten Schichten hier langsamer sind als in Gleitkomma.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Refit without labels</source>
      <translation>Nachrechnen ohne Klassen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Fits every layer to what its parent (the teacher) computes, by least squares on unlabelled items.</source>
      <translation>Passt jede Schicht an das an, was ihr Vorgänger (der Lehrer) berechnet, mit kleinsten Quadraten auf Beispielen ohne Klassen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Items to fit</source>
      <translation>Beispiele zum Anpassen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>A quarter as many beside them check every layer.</source>
      <translation>Ein Viertel so viele weitere prüfen jede Schicht.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Places of a layer</source>
      <translation>Stellen einer Schicht</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>So many of its outputs are looked at, over all items.</source>
      <translation>So viele ihrer Ausgaben werden angesehen, über alle Beispiele.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Ridge</source>
      <translation>Dämpfung</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Holds weights near what they are; share of the mean input power.</source>
      <translation>Hält Gewichte nahe bei dem, was sie sind; Anteil der mittleren Leistung des Eingangs.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Channels</source>
      <translation>Kanäle</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Removes the channels that matter least until a target in channels, parameters, MACs, bytes or time is met.</source>
      <translation>Entfernt die unwichtigsten Kanäle, bis ein Ziel in Kanälen, Parametern, MACs, Bytes oder Zeit erreicht ist.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Removed</source>
      <translation>Entfernt</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Share of the channels, parameters, MACs, bytes or time that goes.</source>
      <translation>Anteil der Kanäle, Parameter, MACs, Bytes oder Zeit, der wegfällt.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Counted in</source>
      <translation>Gerechnet in</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>What the target is a share of.</source>
      <translation>Wovon das Ziel ein Anteil ist.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>milliseconds</source>
      <translation>Millisekunden</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>What tells which channels matter least.</source>
      <translation>Was sagt, welche Kanäle am unwichtigsten sind.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Spread</source>
      <translation>Verteilung</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>uniform: the same share of every group. global: the least of all groups together. per_layer: only the ratios given for layers. scaled: these ratios, all times one factor until the target is met.</source>
      <translation>uniform: von jeder Gruppe derselbe Anteil. global: das Unwichtigste aller Gruppen zusammen. per_layer: nur die für Schichten gegebenen Anteile. scaled: diese Anteile, alle mal einem Faktor, bis das Ziel erreicht ist.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>uniform</source>
      <translation>gleichmäßig</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>global</source>
      <translation>global</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>per layer</source>
      <translation>je Schicht</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>scaled</source>
      <translation>skaliert</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Multiple of</source>
      <translation>Vielfaches von</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Channels kept are a multiple of this; kernels work in blocks.</source>
      <translation>Es bleiben Vielfache hiervon; Rechenkerne arbeiten in Blöcken.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Details</source>
      <translation>Einzelheiten</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Kept at least</source>
      <translation>Bleibt mindestens</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of every group, whatever the scores say.</source>
      <translation>Von jeder Gruppe, was immer die Bewertung sagt.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Cut trunks too</source>
      <translation>Auch Stämme kürzen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Also channels that residual blocks add to; else only where the target asks for it.</source>
      <translation>Auch Kanäle, zu denen Residualblöcke addieren; sonst nur, wo das Ziel es verlangt.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Groups</source>
      <translation>Gruppen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Plain channels, heads of attention, the hidden width of a transformer's MLP, or all.</source>
      <translation>Gewöhnliche Kanäle, Attention-Köpfe, die innere Breite des MLP eines Transformers oder alle.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>heads</source>
      <translation>Köpfe</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>hidden</source>
      <translation>innere Breite</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Group score</source>
      <translation>Bewertung der Gruppe</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>How the votes of several layers that share channels become one.</source>
      <translation>Wie aus den Stimmen mehrerer Schichten mit gemeinsamen Kanälen eine wird.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>sum</source>
      <translation>Summe</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>max</source>
      <translation>Maximum</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>first</source>
      <translation>erste</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Rounds</source>
      <translation>Runden</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>The target is reached in so many equal steps, and channels are scored anew before each.</source>
      <translation>Das Ziel wird in so vielen gleichen Schritten erreicht; vor jedem werden die Kanäle neu bewertet.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>rounds</source>
      <translation>Runden</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Constants into biases</source>
      <translation>Konstanten in die Biases</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Moves what removed channels give into the next biases: their mean on the data, without data what is constant once BatchNorm scales are zero.</source>
      <translation>Verschiebt, was entfernte Kanäle liefern, in die folgenden Biases: ihren Mittelwert auf den Daten, ohne Daten das, was bei BatchNorm-Skalen von null konstant ist.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Recovery</source>
      <translation>Erholung</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>After each cut, kept only where outputs come nearer to those before; needs data, no labels.</source>
      <translation>Nach jedem Schnitt; bleibt nur, wo die Ausgaben denen von vorher näher kommen; braucht Daten, keine Klassen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Refit</source>
      <translation>Nachrechnen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>After each cut, fits the layers to what they computed before, by least squares; needs data, no labels.</source>
      <translation>Passt die Schichten nach jedem Schnitt mit kleinsten Quadraten an das an, was sie vorher berechneten; braucht Daten, keine Klassen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Items to recover with</source>
      <translation>Beispiele zur Erholung</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>A quarter as many beside them check it.</source>
      <translation>Ein Viertel so viele weitere prüfen es.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Norm</source>
      <translation>Norm</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>L1 adds absolute weights, L2 is their Euclidean length.</source>
      <translation>L1 addiert die Beträge der Gewichte, L2 ist ihre euklidische Länge.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>L1</source>
      <translation>L1</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>L2</source>
      <translation>L2</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Weight of the scale</source>
      <translation>Gewicht der Skala</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>In the score of BatchNorm scale and correlation.</source>
      <translation>In der Bewertung aus BatchNorm-Skala und Korrelation.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Weight of the correlation</source>
      <translation>Gewicht der Korrelation</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>In the same score; 0 leaves the scale alone.</source>
      <translation>In derselben Bewertung; bei 0 zählt nur die Skala.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Most items of the data that a score looks at.</source>
      <translation>Höchstens so viele Beispiele der Daten sieht eine Bewertung an.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Shortlist</source>
      <translation>Engere Wahl</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Channels whose rise of cross-entropy is measured exactly.</source>
      <translation>Kanäle, deren Anstieg der Kreuzentropie genau gemessen wird.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Probes</source>
      <translation>Proben</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Random draws a batch that estimate the Hessian's trace.</source>
      <translation>Zufallszüge je Stapel, die die Spur der Hesse-Matrix schätzen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Layers and blocks</source>
      <translation>Schichten und Blöcke</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Removes whole residual blocks and layers, those that change least what passes through them.</source>
      <translation>Entfernt ganze Residualblöcke und Schichten, zuerst die, die am wenigsten ändern, was durch sie hindurchgeht.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Remove</source>
      <translation>Entfernen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Branches beside a shortcut, layers that keep the shape, or whichever matters least.</source>
      <translation>Zweige neben einer Abkürzung, Schichten, die die Form erhalten, oder was von beidem am wenigsten zählt.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>residual blocks</source>
      <translation>Residualblöcke</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>both</source>
      <translation>beides</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>A number of blocks and layers, or a share of the cost.</source>
      <translation>Eine Anzahl von Blöcken und Schichten oder ein Anteil der Kosten.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>number</source>
      <translation>Anzahl</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>latency</source>
      <translation>Latenz</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Number</source>
      <translation>Anzahl</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of blocks and layers to remove.</source>
      <translation>Der Blöcke und Schichten, die entfernt werden.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Share</source>
      <translation>Anteil</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of the MACs, or of the milliseconds on this machine, to remove.</source>
      <translation>Der MACs oder der Millisekunden auf diesem Rechner, der wegfallen soll.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Distance of the block's output with and without, relative or as an angle.</source>
      <translation>Abstand der Ausgabe des Blocks mit und ohne, relativ oder als Winkel.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>relative</source>
      <translation>relativ</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Score again after each</source>
      <translation>Nach jedem neu bewerten</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Later choices see the shortened network; takes longer.</source>
      <translation>Spätere Entscheidungen sehen das gekürzte Netz; dauert länger.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Most items of the data to look at.</source>
      <translation>Höchstens so viele Elemente der Daten ansehen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Chosen already</source>
      <translation>Schon ausgewählt</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Names as a JSON list; empty: choose them.</source>
      <translation>Namen als JSON-Liste; leer: auswählen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Fine-tune</source>
      <translation>Feinabstimmung</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Trains the weights on labelled data; with a teacher also toward the teacher's answers.</source>
      <translation>Trainiert die Gewichte auf Daten mit Klassen; mit einem Lehrer auch auf dessen Antworten hin.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Epochs</source>
      <translation>Epochen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Passes over the training items.</source>
      <translation>Durchgänge durch die Trainingseinträge.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Empty: one that suits the optimizer and the network.</source>
      <translation>Leer: eine, die zu Optimierer und Netz passt.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Empty: 64, or 16 for images above 128 pixels.</source>
      <translation>Leer: 64, oder 16 bei Bildern über 128 Pixeln.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Shift images</source>
      <translation>Bilder verschieben</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Moves every image at random by up to an eighth of its size.</source>
      <translation>Verschiebt jedes Bild zufällig um bis zu ein Achtel seiner Größe.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Training images</source>
      <translation>Trainingsbilder</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Mirror images</source>
      <translation>Bilder spiegeln</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Mirrors half of the images; wrong for digits, letters and traffic signs.</source>
      <translation>Spiegelt die Hälfte der Bilder; falsch für Ziffern, Buchstaben und Verkehrszeichen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Optimizer</source>
      <translation>Optimierer</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>SGD with momentum, or AdamW.</source>
      <translation>SGD mit Momentum oder AdamW.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>SGD</source>
      <translation>SGD</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>AdamW</source>
      <translation>AdamW</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Schedule</source>
      <translation>Verlauf</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>How the learning rate falls.</source>
      <translation>Wie die Lernrate fällt.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Optimization</source>
      <translation>Optimierung</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>step</source>
      <translation>Stufen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>constant</source>
      <translation>konstant</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Keep</source>
      <translation>Behalten</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>The weights of the best validation (where there are enough items), or the last ones.</source>
      <translation>Die Gewichte der besten Validierung (wo es genug Einträge gibt) oder die letzten.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Validation and what is kept</source>
      <translation>Validierung und was behalten wird</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>best</source>
      <translation>beste</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>last</source>
      <translation>letzte</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Weight decay</source>
      <translation>Weight Decay</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Empty: 0.0005, for AdamW 0.05. Biases and normalizations are spared.</source>
      <translation>Leer: 0.0005, bei AdamW 0.05. Biaswerte und Normalisierungen sind ausgenommen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Momentum</source>
      <translation>Momentum</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of SGD.</source>
      <translation>Von SGD.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Warm-up</source>
      <translation>Aufwärmen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>The rate rises to its full value over so many epochs.</source>
      <translation>Über so viele Epochen steigt die Rate auf ihren vollen Wert.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>epochs</source>
      <translation>Epochen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Milestones</source>
      <translation>Meilensteine</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of the step schedule: shares of the training after which the rate falls.</source>
      <translation>Beim Verlauf in Stufen: Anteile des Trainings, nach denen die Rate fällt.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Fall</source>
      <translation>Abfall</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>The rate is multiplied by this at each milestone.</source>
      <translation>Damit wird die Rate an jedem Meilenstein malgenommen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Gradient limit</source>
      <translation>Gradientengrenze</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Largest norm of the whole gradient, 0 for none. Empty: 1 without BatchNormalization, else none.</source>
      <translation>Größte Norm des ganzen Gradienten, 0 für keine Grenze. Leer: 1 ohne BatchNormalization, sonst keine.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Label smoothing</source>
      <translation>Label Smoothing</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Share of each target that is spread over all classes.</source>
      <translation>Anteil jedes Ziels, der über alle Klassen verteilt wird.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Smallest crop</source>
      <translation>Kleinster Ausschnitt</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Crops keep at least this share of an image's area; 1 crops nothing.</source>
      <translation>Ausschnitte behalten mindestens diesen Anteil der Bildfläche; 1 schneidet nichts ab.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Colour jitter</source>
      <translation>Farbstreuung</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>0 changes no colours.</source>
      <translation>0 ändert keine Farben.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Augmentation policy</source>
      <translation>Augmentierung</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>TrivialAugment or RandAugment.</source>
      <translation>TrivialAugment oder RandAugment.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>TrivialAugment</source>
      <translation>TrivialAugment</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>RandAugment</source>
      <translation>RandAugment</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Random erasing</source>
      <translation>Zufälliges Löschen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Probability for each image.</source>
      <translation>Wahrscheinlichkeit je Bild.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Mixup</source>
      <translation>Mixup</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Alpha of the shares in which two items are mixed; 0 is off.</source>
      <translation>Alpha der Anteile, in denen zwei Einträge gemischt werden; 0 ist aus.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>CutMix</source>
      <translation>CutMix</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Alpha of the shares in which boxes are exchanged; 0 is off.</source>
      <translation>Alpha der Anteile, in denen Ausschnitte getauscht werden; 0 ist aus.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Averaged weights</source>
      <translation>Gemittelte Gewichte</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Decay of a moving average that is kept instead; empty: off.</source>
      <translation>Abklingen eines gleitenden Mittels, das stattdessen behalten wird; leer: aus.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Validation share</source>
      <translation>Anteil der Validierung</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Share of the training items that chooses the epoch to keep and trains nothing.</source>
      <translation>Anteil der Trainingseinträge, der die Epoche wählt und nichts trainiert.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Patience</source>
      <translation>Geduld</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Ends after so many epochs without a better validation; empty: never.</source>
      <translation>Endet nach so vielen Epochen ohne bessere Validierung; leer: nie.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Last step</source>
      <translation>Letzter Schritt</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Ends there; stop-and-keep-best sets it, so that the step replays.</source>
      <translation>Endet dort; Beenden und Bestes behalten setzt ihn, damit sich der Schritt wiederholen lässt.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Weight of the teacher</source>
      <translation>Gewicht des Lehrers</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>0 ignores the teacher, 1 ignores the labels.</source>
      <translation>0 ignoriert den Lehrer, 1 die Klassen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Temperature</source>
      <translation>Temperatur</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Higher shows more of how the teacher doubts.</source>
      <translation>Höher zeigt mehr davon, wie der Lehrer zweifelt.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Dynamic pruning</source>
      <translation>Dynamisches Pruning</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Masks kernels and channels together while it trains, lets both come back, and cuts the channels that stay off.</source>
      <translation>Maskiert beim Trainieren Kerne und Kanäle zusammen, lässt beide zurückkommen und schneidet die Kanäle weg, die aus bleiben.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Channels removed</source>
      <translation>Entfernte Kanäle</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of every channel group; they are cut in the end.</source>
      <translation>In jeder Kanalgruppe; am Ende werden sie weggeschnitten.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Kernels masked</source>
      <translation>Maskierte Kerne</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of the kernels that each layer is left with; they stay as zeros.</source>
      <translation>Der Kerne, die einer Schicht bleiben; sie bleiben als Nullen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Begin</source>
      <translation>Beginn</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Share of the training before the first mask.</source>
      <translation>Anteil des Trainings vor der ersten Maske.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Mask</source>
      <translation>Maske</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>End</source>
      <translation>Ende</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Share of the training after which the mask stands still.</source>
      <translation>Anteil des Trainings, nach dem die Maske stillsteht.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Steps between updates</source>
      <translation>Schritte zwischen Änderungen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Empty: the mask is chosen anew about 50 times.</source>
      <translation>Leer: Die Maske wird etwa 50-mal neu gewählt.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Band</source>
      <translation>Band</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>A mask goes off so far below its threshold and on so far above it.</source>
      <translation>So weit unter ihrer Schwelle geht eine Maske aus, so weit darüber wieder an.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Sparsity by mask</source>
      <translation>Dünnbesetzt durch Maske</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Sets the least important weights to zero and keeps them zero; the zipped file shrinks, phones gain no speed.</source>
      <translation>Setzt die unwichtigsten Gewichte auf null und hält sie dort; die gepackte Datei schrumpft, Telefone werden nicht schneller.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Pattern</source>
      <translation>Muster</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>What is masked as one: single weights, rows or kernels, N of M, blocks.</source>
      <translation>Was zusammen maskiert wird: einzelne Gewichte, Zeilen oder Kerne, N von M, Blöcke.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>vector</source>
      <translation>Zeile</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>kernel</source>
      <translation>Kern</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>What counts as unimportant; taylor needs labelled data.</source>
      <translation>Was als unwichtig gilt; taylor braucht Daten mit Klassen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Share of the weights that become zero; N:M patterns fix it.</source>
      <translation>Anteil der Gewichte, die null werden; N:M-Muster legen ihn fest.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>One threshold for all</source>
      <translation>Eine Schwelle für alle</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Layers share one ranking; off: each loses the same share.</source>
      <translation>Eine Rangliste für alle Schichten; aus: jede verliert denselben Anteil.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>At most so many calibration items give gradients (taylor).</source>
      <translation>Höchstens so viele Kalibrierelemente liefern Gradienten (taylor).</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Gradual pruning</source>
      <translation>Schrittweises Pruning</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Masks more and more weights while it trains; a weight masked too early can come back while the mask moves.</source>
      <translation>Maskiert beim Trainieren immer mehr Gewichte; was zu früh maskiert wurde, kann zurückkommen, solange sich die Maske bewegt.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Criterion</source>
      <translation>Kriterium</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>The smallest weights go, or those that training moves towards zero.</source>
      <translation>Es gehen die kleinsten Gewichte oder die, die das Training zur Null hin bewegt.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>movement</source>
      <translation>Bewegung</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Share of the training before the first weight goes.</source>
      <translation>Anteil des Trainings, bevor das erste Gewicht geht.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Magnitude pruning</source>
      <translation>Pruning nach Betrag</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Removes the channels with the smallest weights, the same share of every channel group.</source>
      <translation>Entfernt die Kanäle mit den kleinsten Gewichten, den gleichen Anteil jeder Kanalgruppe.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of every channel group; 0.3 about halves the MACs.</source>
      <translation>Von jeder Kanalgruppe; 0.3 halbiert etwa die MACs.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Sparsity training (slimming)</source>
      <translation>Training auf Dünnbesetztheit (Slimming)</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Trains while pushing BatchNormalization's scales towards zero; Channels with the score bn_scale cuts after it.</source>
      <translation>Trainiert und drückt dabei die Skalen der BatchNormalization zur Null; danach schneidet Kanäle mit der Bewertung bn_scale.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Penalty</source>
      <translation>Strafe</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Weight of the sum of all scales in the loss; the shorter the training, the more.</source>
      <translation>Gewicht der Summe aller Skalen im Verlust; je kürzer das Training, desto mehr.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Quantization-aware training</source>
      <translation>Training mit Quantisierung</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Trains a quantized network with its rounding in every pass, and the scales with the weights.</source>
      <translation>Trainiert ein quantisiertes Netz mit seinem Runden in jedem Durchgang, und die Skalen mit den Gewichten.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Learn ranges</source>
      <translation>Bereiche lernen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Trains the scales of activations too, where no runtime dictates them.</source>
      <translation>Trainiert auch die Skalen der Aktivierungen, wo keine Laufzeit sie vorschreibt.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>If the model is not quantized yet</source>
      <translation>Wenn das Modell noch nicht quantisiert ist</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Incremental powers of two</source>
      <translation>Schrittweise Zweierpotenzen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Fixes the largest weights at powers of two and trains the others, until all are fixed; stored in few bits.</source>
      <translation>Legt die größten Gewichte auf Zweierpotenzen fest und trainiert die anderen, bis alle festliegen; mit wenigen Bits gespeichert.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Bits</source>
      <translation>Bits</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of each weight; the sign is one of them</source>
      <translation>Je Gewicht; das Vorzeichen ist eines davon</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>bits</source>
      <translation>Bits</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>The whole tensor, each output channel, each group of input channels, or each block of weights in a row</source>
      <translation>Ganzer Tensor, jeder Ausgangskanal, jede Gruppe von Eingangskanälen oder jeder Block von Gewichten in einer Reihe</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Size of a group or block</source>
      <translation>Größe von Gruppe oder Block</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Input channels of a group, weights of a block; layers with no more get a scale for each output channel</source>
      <translation>Eingangskanäle einer Gruppe, Gewichte eines Blocks; Schichten mit nicht mehr davon bekommen eine Skala je Ausgangskanal</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Shares</source>
      <translation>Anteile</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of the weights that are fixed, the largest first, at equal distances; the last is 1</source>
      <translation>Der festgelegten Gewichte, die größten zuerst, in gleichen Abständen; der letzte ist 1</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Mixed precision</source>
      <translation>Gemischte Genauigkeit</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Quantizes all but the few layers that cost most, within a budget, until the network is close enough to float.</source>
      <translation>Quantisiert alles außer den wenigen Schichten, die am meisten kosten, in einem Rahmen, bis das Netz nahe genug an Gleitkomma ist.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>The layers that cost most become</source>
      <translation>Die teuersten Schichten werden</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>int8 is for networks in 4 bits.</source>
      <translation>int8 ist für Netze in 4 Bit.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>So many stay out of the quantization.</source>
      <translation>So viele bleiben von der Quantisierung ausgenommen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Growth at most</source>
      <translation>Höchstens größer um</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>By weights that stay large; 0: any.</source>
      <translation>Durch Gewichte, die groß bleiben; 0: beliebig.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>kB</source>
      <translation>kB</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Slower at most</source>
      <translation>Höchstens langsamer um</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>By layers that stay slow, as timed here; 0: any.</source>
      <translation>Durch Schichten, die langsam bleiben, hier gemessen; 0: beliebig.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Until</source>
      <translation>Bis</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Agreement of answers is for classifiers; SQNR is for any network.</source>
      <translation>Gleiche Antworten gelten für Klassifikatoren, SQNR für jedes Netz.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Agreement with float</source>
      <translation>Übereinstimmung mit Float</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>On up to 200 items to choose by.</source>
      <translation>Auf bis zu 200 Einträgen zum Auswählen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>SQNR of the output</source>
      <translation>SQNR der Ausgabe</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Decibels above the noise.</source>
      <translation>Dezibel über dem Rauschen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Chosen by</source>
      <translation>Ausgewählt nach</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Items that neither calibrate nor judge, or for small data those that calibrate.</source>
      <translation>Elemente, die weder kalibrieren noch urteilen, oder bei wenig Daten die kalibrierenden.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Layers kept out</source>
      <translation>Ausgenommene Schichten</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>others</source>
      <translation>andere</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>calibration</source>
      <translation>Kalibrierung</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Items to choose by</source>
      <translation>Elemente zum Auswählen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>More tell smaller losses apart.</source>
      <translation>Mehr unterscheiden kleinere Verluste.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Smooth activations</source>
      <translation>Aktivierungen glätten</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Outliers of activations go into weights before a transformer is quantized; its function stays (SmoothQuant).</source>
      <translation>Ausreißer der Aktivierungen gehen in die Gewichte, bevor ein Transformer quantisiert wird; seine Funktion bleibt (SmoothQuant).</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Migration</source>
      <translation>Verlagerung</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>How much of their size activations hand on: 0 nothing, 1 all</source>
      <translation>Wie viel ihrer Größe Aktivierungen weitergeben: 0 nichts, 1 alles</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Weights only</source>
      <translation>Nur Gewichte</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Stores weights in fewer bits: integers, float16, powers of two or codebooks; activations stay float.</source>
      <translation>Speichert Gewichte mit weniger Bits: ganze Zahlen, float16, Zweierpotenzen oder Codebücher; Aktivierungen bleiben Gleitkommazahlen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Format</source>
      <translation>Format</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>How weights are stored; activations and arithmetic stay float</source>
      <translation>Wie Gewichte gespeichert werden; Aktivierungen und Rechnung bleiben Gleitkomma</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>powers of two</source>
      <translation>Zweierpotenzen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>additive powers</source>
      <translation>Summen von Zweierpotenzen</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>codebook</source>
      <translation>Codebuch</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>float16</source>
      <translation>float16</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>uint4</source>
      <translation>uint4</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Of each weight, for powers of two and codebooks; the others have their own</source>
      <translation>Je Gewicht, für Zweierpotenzen und Codebücher; die anderen haben ihre eigene Zahl</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Shrink ranges</source>
      <translation>Bereiche verkleinern</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Scales of least squared error; off: the largest weight is the end of the range</source>
      <translation>Skalen mit kleinstem quadratischem Fehler; aus: das größte Gewicht ist das Ende des Bereichs</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Refit each bias behind the layers that are stored already; needs data</source>
      <translation>Jeden Bias hinter den schon gespeicherten Schichten neu anpassen; braucht Daten</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>onnxruntime, weights only, int8</source>
      <translation>onnxruntime, nur Gewichte, int8</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Weights int8, a scale for each output channel. Size yes, speed no: convolutions compute in float32 and are decoded in every run, unless the session sets session.disable_quant_qdq; Gemm and MatMul run as MatMulNBits, which rounds what comes in to 8 bits unless session.qdq_matmulnbits_accuracy_level is 1.</source>
      <translation>Gewichte int8, eine Skala je Ausgabekanal. Kleiner ja, schneller nein: Faltungen rechnen in float32 und werden bei jedem Lauf entschlüsselt, wenn die Sitzung nicht session.disable_quant_qdq setzt; Gemm und MatMul laufen als MatMulNBits, das rundet, was hineingeht, auf 8 Bit, wenn session.qdq_matmulnbits_accuracy_level nicht 1 ist.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>onnxruntime MatMulNBits, int4 in groups of 32</source>
      <translation>onnxruntime MatMulNBits, int4 in Gruppen von 32</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Weights of Gemm and MatMul int4, a scale for each 32 input channels: they run as MatMulNBits, which rounds what comes in to 8 bits unless session.qdq_matmulnbits_accuracy_level is 1. Convolutions, which have no such kernel, are int8 and compute in float32.</source>
      <translation>Gewichte von Gemm und MatMul int4, eine Skala je 32 Eingabekanäle: Sie laufen als MatMulNBits, das rundet, was hineingeht, auf 8 Bit, wenn session.qdq_matmulnbits_accuracy_level nicht 1 ist. Faltungen, die keinen solchen Kern haben, sind int8 und rechnen in float32.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>TFLite float16</source>
      <translation>TFLite float16</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Weights float16, half the size. LiteRT's CPU kernels widen them to float32 when the file is loaded and compute in float32, as fast as before; its GPU delegate can compute in float16.</source>
      <translation>Gewichte float16, halb so groß. Die CPU-Kerne von LiteRT erweitern sie beim Laden der Datei zu float32 und rechnen in float32, so schnell wie zuvor; sein GPU-Delegat kann in float16 rechnen.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>The GPU delegate was not tried here.</source>
      <translation>Der GPU-Delegat wurde hier nicht erprobt.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>TFLite, weights only, int8</source>
      <translation>TFLite, nur Gewichte, int8</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Weights int8 behind DEQUANTIZE, a quarter of the size; LiteRT computes in float32, as fast as before. Hybrid kernels, which would round activations too, are not asked for.</source>
      <translation>Gewichte int8 hinter DEQUANTIZE, ein Viertel der Größe; LiteRT rechnet in float32, so schnell wie zuvor. Hybride Kerne, die auch Aktivierungen runden würden, werden nicht verlangt.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Train from scratch</source>
      <translation>Von Grund auf trainieren</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Trains the network on labelled data from new weights.</source>
      <translation>Trainiert das Netz auf Daten mit Klassen, von neuen Gewichten aus.</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>New weights</source>
      <translation>Neue Gewichte</translation>
    </message>
    <message>
      <location filename="../../core/methods" />
      <source>Draws all weights anew; off: trains on from those given.</source>
      <translation>Zieht alle Gewichte neu; aus: trainiert von den gegebenen weiter.</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>Better left in float</source>
      <translation>Besser in Float gelassen</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>keep in float</source>
      <translation>in Float lassen</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>Bias overflow</source>
      <translation>Überlauf des Bias</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>quantize again: weight scales are raised until every bias fits</source>
      <translation>noch einmal quantisieren: die Skalen der Gewichte werden erhöht, bis jeder Bias passt</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>A range far wider than the values</source>
      <translation>Ein Bereich, der viel weiter ist als die Werte</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>quantize again with ranges from the data</source>
      <translation>noch einmal quantisieren, mit Bereichen aus den Daten</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>Constant shift of the output</source>
      <translation>Konstante Verschiebung der Ausgabe</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>correct the biases behind the quantized layers</source>
      <translation>die Biaswerte hinter den quantisierten Schichten korrigieren</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>Too few levels for the weights</source>
      <translation>Zu wenige Stufen für die Gewichte</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>round the weights by what the layer computes (GPTQ)</source>
      <translation>die Gewichte danach runden, was die Schicht berechnet (GPTQ)</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>Too few bits for this layer</source>
      <translation>Zu wenige Bits für diese Schicht</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>store the weights in 8 bits</source>
      <translation>die Gewichte in 8 Bit speichern</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>Too few levels for the values</source>
      <translation>Zu wenige Stufen für die Werte</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>store the values in 16 bits, which runtimes compute more slowly</source>
      <translation>die Werte in 16 Bit speichern, womit Laufzeitumgebungen langsamer rechnen</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>Arithmetic of this processor</source>
      <translation>Rechenweise dieses Prozessors</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>judge it on a phone or on a processor with VNNI; the model itself is not at fault</source>
      <translation>auf einem Telefon oder einem Prozessor mit VNNI bewerten; am Modell liegt es nicht</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>Outliers among the values</source>
      <translation>Ausreißer unter den Werten</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>let the smallest squared error choose the ranges</source>
      <translation>die Bereiche nach dem kleinsten quadratischen Fehler wählen</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>Saturation</source>
      <translation>Sättigung</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>quantize again with ranges from the data, and more of it</source>
      <translation>noch einmal quantisieren, mit Bereichen aus mehr Daten</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>Unequal channel ranges of weights</source>
      <translation>Ungleiche Bereiche der Kanäle, Gewichte</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>give each output channel a scale of its own</source>
      <translation>jedem Ausgangskanal seine eigene Skala geben</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>equalize the channels across layers before quantizing</source>
      <translation>vor dem Quantisieren die Kanäle über Schichten hinweg angleichen</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>Unequal input channel ranges of weights</source>
      <translation>Ungleiche Bereiche der Eingangskanäle, Gewichte</translation>
    </message>
    <message>
      <location filename="../../core/methods/analyse/causes" />
      <source>Unequal channel ranges of values</source>
      <translation>Ungleiche Bereiche der Kanäle, Werte</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>New name</source>
      <translation>Neuer Name</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Set attribute</source>
      <translation>Attribut setzen</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Value</source>
      <translation>Wert</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Remove attribute</source>
      <translation>Attribut entfernen</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Set attributes</source>
      <translation>Attribute setzen</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Left to their defaults</source>
      <translation>Auf Standard belassen</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Depthwise filters per input channel</source>
      <translation>Kanalweise Filter je Eingangskanal</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Squeeze channels, as a share of the inputs</source>
      <translation>Squeeze-Kanäle, als Anteil der Eingänge</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Share of the outputs with the full kernel</source>
      <translation>Anteil der Ausgänge mit vollem Kern</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Groups of the pointwise layers</source>
      <translation>Gruppen der 1x1-Schichten</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Inner channels, as a share of the outputs</source>
      <translation>Innere Kanäle, als Anteil der Ausgänge</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Outputs per kept output</source>
      <translation>Ausgänge je behaltenem Ausgang</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Kernel of the cheap filters</source>
      <translation>Kern der billigen Filter</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Relu inside</source>
      <translation>Relu innen</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Add graph output</source>
      <translation>Ausgang hinzufügen</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Remove graph output</source>
      <translation>Ausgang entfernen</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Graph output</source>
      <translation>Ausgang des Graphen</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Add graph input</source>
      <translation>Eingang hinzufügen</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Takes the place of</source>
      <translation>Tritt an die Stelle von</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Remove graph input</source>
      <translation>Eingang entfernen</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Graph input</source>
      <translation>Eingang des Graphen</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Change input shape</source>
      <translation>Form des Eingangs ändern</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Fit channels</source>
      <translation>Kanäle anpassen</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Input, counted from 0</source>
      <translation>Eingang, ab 0 gezählt</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Fold BatchNorm</source>
      <translation>BatchNorm falten</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Fold constants</source>
      <translation>Konstanten falten</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Replace operator</source>
      <translation>Operator ersetzen</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Constants</source>
      <translation>Konstanten</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Insert layer</source>
      <translation>Schicht einfügen</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Name of the new layer</source>
      <translation>Name der neuen Schicht</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Only in front of this layer</source>
      <translation>Nur vor dieser Schicht</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Further inputs</source>
      <translation>Weitere Eingänge</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Delete and bypass</source>
      <translation>Löschen und überbrücken</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Delete</source>
      <translation>Löschen</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Connect</source>
      <translation>Verbinden</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Remove Identity and Dropout</source>
      <translation>Identity und Dropout entfernen</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Lock channels</source>
      <translation>Kanäle sperren</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Unlock channels</source>
      <translation>Kanäle freigeben</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Lock channels of layers</source>
      <translation>Kanäle von Schichten sperren</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Unlock channels of layers</source>
      <translation>Kanäle von Schichten freigeben</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Cut out a part</source>
      <translation>Teil ausschneiden</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>From</source>
      <translation>Von</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>To</source>
      <translation>Bis</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Delete and bypass layers</source>
      <translation>Schichten löschen und überbrücken</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Delete layers</source>
      <translation>Schichten löschen</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Replace operators</source>
      <translation>Operatoren ersetzen</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Cut out layers</source>
      <translation>Schichten ausschneiden</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Initializer</source>
      <translation>Initializer</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>.npy file</source>
      <translation>.npy-Datei</translation>
    </message>
    <message>
      <location filename="../../core/model/editing" />
      <source>Set values</source>
      <translation>Werte setzen</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Five large convolutions and three fully connected layers, which hold most weights: what small nets replace.</source>
      <translation>Fünf große Faltungen und drei vollständig verbundene Schichten, die die meisten Gewichte halten: was kleine Netze ersetzen.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Classes</source>
      <translation>Klassen</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Entries of the scores.</source>
      <translation>Zahl der Ausgabewerte.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Input channels</source>
      <translation>Eingangskanäle</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>1 for grey images, 3 for colour.</source>
      <translation>1 für graue Bilder, 3 für farbige.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Resolution</source>
      <translation>Auflösung</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Side of the square input.</source>
      <translation>Seite der quadratischen Eingabe.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Response normalization</source>
      <translation>Response-Normalisierung</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Normalizes across channels after the first two layers, as in 2012.</source>
      <translation>Normalisiert nach den ersten beiden Schichten über Kanäle, wie 2012.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Two layers of the text encoder BERT, with a classifier; takes token numbers and a mask.</source>
      <translation>Zwei Schichten des Textencoders BERT, mit einem Klassifikator; nimmt Tokennummern und eine Maske.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Width</source>
      <translation>Breite</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Channels of each token.</source>
      <translation>Kanäle je Token.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Depth</source>
      <translation>Tiefe</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Encoder layers.</source>
      <translation>Schichten des Encoders.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Heads</source>
      <translation>Köpfe</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Of attention; they share the channels evenly.</source>
      <translation>Der Attention; sie teilen sich die Kanäle gleichmäßig.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Vocabulary</source>
      <translation>Wortschatz</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Word pieces that are told apart.</source>
      <translation>Wortstücke, die unterschieden werden.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Sequence</source>
      <translation>Sequenz</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Tokens of one input.</source>
      <translation>Tokens einer Eingabe.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Positions</source>
      <translation>Positionen</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Tokens for which positions are learned.</source>
      <translation>Tokens, für die Positionen gelernt werden.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Four layers of the text encoder BERT, with a classifier; takes token numbers and a mask.</source>
      <translation>Vier Schichten des Textencoders BERT, mit einem Klassifikator; nimmt Tokennummern und eine Maske.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>A ResNet rebuilt after transformers: 7x7 depthwise convolutions, LayerNorm, GELU, a learned scale per channel.</source>
      <translation>Ein ResNet nach dem Vorbild von Transformern: kanalweise 7x7-Faltungen, LayerNorm, GELU, eine gelernte Skala je Kanal.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Multiplies the channels of every layer.</source>
      <translation>Vervielfacht die Kanäle jeder Schicht.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Fifty-eight layers that each add a few channels to all earlier ones: few weights, many joined channels.</source>
      <translation>58 Schichten, die allen früheren je ein paar Kanäle hinzufügen: wenige Gewichte, viele verbundene Kanäle.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Growth rate</source>
      <translation>Wachstumsrate</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Channels that each layer adds.</source>
      <translation>Kanäle, die jede Schicht hinzufügt.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Hears a dozen keywords in a second of sound; the keyword network of MLPerf Tiny.</source>
      <translation>Hört ein Dutzend Schlüsselwörter in einer Sekunde Ton; das Schlüsselwortnetz von MLPerf Tiny.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Filters</source>
      <translation>Filter</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Channels of every layer.</source>
      <translation>Kanäle jeder Schicht.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Depthwise separable pairs.</source>
      <translation>Paare aus kanalweiser und 1x1-Faltung.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Frames</source>
      <translation>Zeitfenster</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Moments of the spectrogram; 49 are a second.</source>
      <translation>Zeitpunkte des Spektrogramms; 49 sind eine Sekunde.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Coefficients</source>
      <translation>Koeffizienten</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Numbers for one frame, such as MFCC.</source>
      <translation>Zahlen je Zeitfenster, etwa MFCC.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>EfficientNet-B0 for phones and 8 bits: no squeeze-and-excitation, ReLU6.</source>
      <translation>EfficientNet-B0 für Telefone und 8 Bit: ohne Squeeze-and-Excitation, mit ReLU6.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Multiplies the blocks of every stage.</source>
      <translation>Vervielfacht die Blöcke jeder Stufe.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Squeeze-and-excitation in every block; larger members scale width, depth and resolution together.</source>
      <translation>Squeeze-and-Excitation in jedem Block; größere Mitglieder skalieren Breite, Tiefe und Auflösung gemeinsam.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>EfficientNet-Lite0, deeper, on 240 px.</source>
      <translation>EfficientNet-Lite0, tiefer, auf 240 px.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>EfficientNet-Lite0, wider and deeper, on 260 px.</source>
      <translation>EfficientNet-Lite0, breiter und tiefer, auf 260 px.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>EfficientNet-Lite0, wider and deeper, on 280 px.</source>
      <translation>EfficientNet-Lite0, breiter und tiefer, auf 280 px.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>The largest EfficientNet-Lite, on 300 px.</source>
      <translation>Das größte EfficientNet-Lite, auf 300 px.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Half of every layer's maps are cheap depthwise copies of the other half.</source>
      <translation>Die Hälfte der Karten jeder Schicht sind billige kanalweise Kopien der anderen Hälfte.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Nine Inception modules: four branches of 1x1 and 3x3 convolutions side by side, joined by channel.</source>
      <translation>Neun Inception-Module: vier Zweige aus 1x1- und 3x3-Faltungen nebeneinander, kanalweise verbunden.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Fits 320 kB of working memory and 1 MB of flash in 8 bits: for microcontrollers.</source>
      <translation>Passt in 8 Bit in 320 kB Arbeitsspeicher und 1 MB Flash: für Mikrocontroller.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Searched for the latency of a phone, with squeeze-and-excitation in some stages.</source>
      <translation>Auf die Latenz eines Telefons hin gesucht, mit Squeeze-and-Excitation in einigen Stufen.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Searched for the latency of a phone, without squeeze-and-excitation; torchvision's mnasnet1_0.</source>
      <translation>Auf die Latenz eines Telefons hin gesucht, ohne Squeeze-and-Excitation; mnasnet1_0 aus torchvision.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>The same search with a small budget: for slow phones and boards.</source>
      <translation>Die gleiche Suche mit kleinem Budget: für langsame Telefone und Platinen.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Inverted residuals: narrow between blocks, wide and depthwise inside; the usual start on a phone.</source>
      <translation>Invertierte Residuen: schmal zwischen Blöcken, breit und kanalweise darin; der übliche Anfang auf einem Telefon.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>A depthwise and a 1x1 convolution in place of each 3x3: the first network made for phones.</source>
      <translation>Eine kanalweise und eine 1x1-Faltung statt jeder 3x3: das erste Netz für Telefone.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>MobileNetV2 searched for phone CPUs, with squeeze-and-excitation and hard-swish.</source>
      <translation>MobileNetV2, für CPUs von Telefonen gesucht, mit Squeeze-and-Excitation und Hard-Swish.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Eight residual blocks of two 3x3 convolutions: the common middle-sized network.</source>
      <translation>Acht Residualblöcke aus zwei 3x3-Faltungen: das übliche mittelgroße Netz.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Sixteen residual blocks of two 3x3 convolutions.</source>
      <translation>Sechzehn Residualblöcke aus zwei 3x3-Faltungen.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Sixteen bottleneck blocks: the network that most compression papers report.</source>
      <translation>Sechzehn Bottleneck-Blöcke: das Netz, über das die meisten Arbeiten zur Kompression berichten.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Nine residual blocks for 32 px pictures: trains in minutes.</source>
      <translation>Neun Residualblöcke für Bilder mit 32 px: trainiert in Minuten.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Fifteen residual blocks for 32 px pictures.</source>
      <translation>Fünfzehn Residualblöcke für Bilder mit 32 px.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Twenty-one residual blocks for 32 px pictures.</source>
      <translation>21 Residualblöcke für Bilder mit 32 px.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Twenty-seven residual blocks for 32 px pictures: the network that most filter pruning papers report.</source>
      <translation>27 Residualblöcke für Bilder mit 32 px: das Netz, über das die meisten Arbeiten zum Filter-Pruning berichten.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Fifty-four residual blocks for 32 px pictures.</source>
      <translation>54 Residualblöcke für Bilder mit 32 px.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>ShuffleNetV2 for very small budgets: 40 million multiplications.</source>
      <translation>ShuffleNetV2 für sehr kleine Budgets: 40 Millionen Multiplikationen.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>One of the four networks of the paper.</source>
      <translation>Eines der vier Netze der Arbeit.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Grouped 1x1 convolutions with a channel shuffle between them: very few multiplications.</source>
      <translation>Gruppierte 1x1-Faltungen mit Kanalmischung dazwischen: sehr wenige Multiplikationen.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Of the 1x1 convolutions; more groups allow more channels.</source>
      <translation>Der 1x1-Faltungen; mehr Gruppen erlauben mehr Kanäle.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Split, convolve one half, join, shuffle: few operations and little memory traffic.</source>
      <translation>Teilen, eine Hälfte falten, verbinden, mischen: wenige Operationen und wenig Speicherverkehr.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>SqueezeNet with a smaller first layer and earlier pooling: 2.4 times less computation, the same accuracy.</source>
      <translation>SqueezeNet mit kleinerer erster Schicht und früherem Pooling: 2,4-mal weniger Rechnung, gleiche Genauigkeit.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Squeeze ratio</source>
      <translation>Squeeze-Verhältnis</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Squeezed channels for one expanded channel.</source>
      <translation>Gestauchte Kanäle je gedehntem Kanal.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Share of 3x3</source>
      <translation>Anteil 3x3</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Of the expanded channels, those made by 3x3 filters.</source>
      <translation>Der gedehnten Kanäle, die aus 3x3-Filtern kommen.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Fire modules instead of wide layers: AlexNet's accuracy in a fiftieth of its parameters.</source>
      <translation>Fire-Module statt breiter Schichten: die Genauigkeit von AlexNet mit einem Fünfzigstel der Parameter.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Attention inside shifted windows, over four stages of shrinking maps.</source>
      <translation>Attention in verschobenen Fenstern, über vier Stufen schrumpfender Karten.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Channels of the first stage; each later one doubles them.</source>
      <translation>Kanäle der ersten Stufe; jede spätere verdoppelt sie.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Head width</source>
      <translation>Breite der Köpfe</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Channels of one attention head.</source>
      <translation>Kanäle eines Attention-Kopfes.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Window</source>
      <translation>Fenster</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Side of the windows, in patches of 4 px.</source>
      <translation>Seite der Fenster, in Kacheln von 4 px.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>A picture and a row of measurements: the measurements scale the picture's channels, or are joined to them.</source>
      <translation>Ein Bild und eine Reihe Messwerte: Die Messwerte skalieren die Kanäle des Bildes oder werden mit ihnen verbunden.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Join</source>
      <translation>Verbindung</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>film: measurements scale and shift every block's channels. concat: they meet before the scores.</source>
      <translation>film: Messwerte skalieren und verschieben die Kanäle jedes Blocks. concat: Sie treffen sich vor den Ausgabewerten.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>film</source>
      <translation>film</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>concat</source>
      <translation>concat</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Measurements</source>
      <translation>Messwerte</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Numbers beside each picture.</source>
      <translation>Zahlen neben jedem Bild.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Scores for every pixel: down to small maps and up again, with joints between equal sizes.</source>
      <translation>Ausgabewerte für jeden Pixel: hinab zu kleinen Karten und wieder hinauf, mit Verbindungen zwischen gleichen Größen.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Base width</source>
      <translation>Grundbreite</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Channels of the largest map; each halving doubles them.</source>
      <translation>Kanäle der größten Karte; jede Halbierung verdoppelt sie.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>How often the map is halved.</source>
      <translation>Wie oft die Karte halbiert wird.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Thirteen 3x3 convolutions and three fully connected layers: simple, heavy, much to be cut.</source>
      <translation>Dreizehn 3x3-Faltungen und drei vollständig verbundene Schichten: einfach, schwer, viel zu kürzen.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>VGG-16 with BatchNormalization after each convolution, which trains without care for the first weights.</source>
      <translation>VGG-16 mit BatchNormalization nach jeder Faltung, das ohne sorgsam gewählte Anfangsgewichte trainiert.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>The smallest of the family: a transformer over patches for small devices.</source>
      <translation>Das kleinste der Familie: ein Transformer über Kacheln für kleine Geräte.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Encoder blocks.</source>
      <translation>Blöcke des Encoders.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Patch</source>
      <translation>Kachel</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Side of the squares that the picture is cut into.</source>
      <translation>Seite der Quadrate, in die das Bild zerteilt wird.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>A transformer over patches of 16 x 16 pixels, base size.</source>
      <translation>Ein Transformer über Kacheln von 16 x 16 Pixeln, Grundgröße.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Thirty-four depthwise separable convolutions in residual blocks: the idea of MobileNet, at full size.</source>
      <translation>34 kanalweise getrennte Faltungen in Residualblöcken: die Idee von MobileNet in voller Größe.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Finds objects at three sizes: a backbone, a feature pyramid and three heads; boxes are not decoded.</source>
      <translation>Findet Objekte in drei Größen: ein Rückgrat, eine Merkmalspyramide und drei Köpfe; Rahmen werden nicht dekodiert.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Multiplies the repeats of every block.</source>
      <translation>Vervielfacht die Wiederholungen jedes Blocks.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>Kinds of objects.</source>
      <translation>Arten von Objekten.</translation>
    </message>
    <message>
      <location filename="../../core/references" />
      <source>counted on the graph, default parameters, batch 1</source>
      <translation>am Graphen gezählt, Standardparameter, Batch 1</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/act/data_words.py" />
      <source>{data}, {n} items</source>
      <extracomment>For one: {data}, {n} item</extracomment>
      <translation>
        <numerusform>{data}, {n} Eintrag</numerusform>
        <numerusform>{data}, {n} Einträge</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/act/data_words.py" />
      <source>{items}: {train:,} to train, {judge:,} to judge</source>
      <translation>{items}: {train:,} zum Trainieren, {judge:,} zum Bewerten</translation>
    </message>
    <message>
      <location filename="../../gui/act/data_words.py" />
      <source>The network has {scores:,} scores and the data {classes:,} classes: the rest stays unused.</source>
      <translation>Das Netz hat {scores:,} Ausgabewerte, die Daten haben {classes:,} Klassen: Der Rest bleibt ungenutzt.</translation>
    </message>
    <message>
      <location filename="../../gui/act/device_box.py" />
      <source>Whether this machine has it is being found out.</source>
      <translation>Ob dieser Rechner sie hat, wird gerade ermittelt.</translation>
    </message>
    <message>
      <location filename="../../gui/act/device_box.py" />
      <source>Device</source>
      <translation>Gerät</translation>
    </message>
    <message>
      <location filename="../../gui/act/device_box.py" />
      <source>The processor that trains.</source>
      <translation>Der Prozessor, der trainiert.</translation>
    </message>
    <message>
      <location filename="../../gui/act/device_box.py" />
      <source>{title}: not on this machine</source>
      <translation>{title}: nicht auf diesem Rechner</translation>
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>Another file…</source>
      <translation>Andere Datei…</translation>
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>The same step, model, data and seed give the same result.</source>
      <translation>Gleicher Schritt, gleiches Modell, gleiche Daten und gleicher Startwert ergeben das gleiche Ergebnis.</translation>
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>Seed</source>
      <translation>Startwert</translation>
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>Estimating…</source>
      <translation>Wird geschätzt…</translation>
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>&amp;Apply</source>
      <translation>&amp;Anwenden</translation>
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>&amp;Defaults</source>
      <translation>&amp;Standardwerte</translation>
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>&amp;Teacher</source>
      <translation>L&amp;ehrer</translation>
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>none attached</source>
      <translation>keine verbunden</translation>
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>Data</source>
      <translation>Daten</translation>
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>De&amp;vice</source>
      <translation>Ge&amp;rät</translation>
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>Choose a teacher</source>
      <translation>Lehrer wählen</translation>
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>Models (*.onnx)</source>
      <translation>Modelle (*.onnx)</translation>
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>Estimate: {figures}.</source>
      <translation>Schätzung: {figures}.</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/act/dialog.py" />
      <source>{n} layers touched.</source>
      <extracomment>For one: {n} layer touched.</extracomment>
      <translation>
        <numerusform>{n} Schicht betroffen.</numerusform>
        <numerusform>{n} Schichten betroffen.</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>Teacher</source>
      <translation>Lehrer</translation>
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>The model whose answers are learned from.</source>
      <translation>Das Modell, von dessen Antworten gelernt wird.</translation>
    </message>
    <message>
      <location filename="../../gui/act/dialog.py" />
      <source>No teacher</source>
      <translation>Kein Lehrer</translation>
    </message>
    <message>
      <location filename="../../gui/act/otherwise.py" />
      <source>yes</source>
      <translation>ja</translation>
    </message>
    <message>
      <location filename="../../gui/act/otherwise.py" />
      <source>no</source>
      <translation>nein</translation>
    </message>
    <message>
      <location filename="../../gui/act/otherwise.py" />
      <source>Layers otherwise</source>
      <translation>Schichten anders</translation>
    </message>
    <message>
      <location filename="../../gui/act/otherwise.py" />
      <source>Add…</source>
      <translation>Hinzufügen…</translation>
    </message>
    <message>
      <location filename="../../gui/act/otherwise.py" />
      <source>Choose something else for some layers.</source>
      <translation>Für einige Schichten etwas anderes wählen.</translation>
    </message>
    <message>
      <location filename="../../gui/act/otherwise.py" />
      <source>Treat these layers as all others.</source>
      <translation>Diese Schichten wie alle anderen behandeln.</translation>
    </message>
    <message>
      <location filename="../../gui/act/otherwise.py" />
      <source>as all others</source>
      <translation>wie alle anderen</translation>
    </message>
    <message>
      <location filename="../../gui/act/otherwise.py" />
      <source>&amp;Add</source>
      <translation>&amp;Hinzufügen</translation>
    </message>
    <message>
      <location filename="../../gui/act/otherwise.py" />
      <source>Choose something that is other than for all.</source>
      <translation>Wählen Sie etwas, das anders ist als für alle.</translation>
    </message>
    <message>
      <location filename="../../gui/act/otherwise.py" />
      <source>{names} and {n} more</source>
      <translation>{names} und {n} weitere</translation>
    </message>
    <message>
      <location filename="../../gui/act/per_layer.py" />
      <source>Ratios per layer</source>
      <translation>Anteile je Schicht</translation>
    </message>
    <message>
      <location filename="../../gui/act/per_layer.py" />
      <source>&amp;Remove</source>
      <translation>&amp;Entfernen</translation>
    </message>
    <message>
      <location filename="../../gui/act/per_layer.py" />
      <source>Treat all layers alike again.</source>
      <translation>Wieder alle Schichten gleich behandeln.</translation>
    </message>
    <message>
      <location filename="../../gui/act/per_layer.py" />
      <source>the same for all layers</source>
      <translation>für alle Schichten gleich</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/act/per_layer.py" />
      <source>{n} layers</source>
      <extracomment>For one: {n} layer</extracomment>
      <translation>
        <numerusform>{n} Schicht</numerusform>
        <numerusform>{n} Schichten</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/act/per_layer.py" />
      <source>and {count} more</source>
      <translation>und {count} weitere</translation>
    </message>
    <message>
      <location filename="../../gui/act/plan_figures.py" />
      <source>What it would bring</source>
      <translation>Was es brächte</translation>
    </message>
    <message>
      <location filename="../../gui/act/plan_figures.py" />
      <source>{factor:.2f}× more</source>
      <translation>{factor:.2f}× mehr</translation>
    </message>
    <message>
      <location filename="../../gui/act/plan_figures.py" />
      <source>{factor:.2f}× less</source>
      <translation>{factor:.2f}× weniger</translation>
    </message>
    <message>
      <location filename="../../gui/act/plan_figures.py" />
      <source>{factor:.0f}× less</source>
      <translation>{factor:.0f}× weniger</translation>
    </message>
    <message>
      <location filename="../../gui/act/preset_box.py" />
      <source>&amp;Preset</source>
      <translation>&amp;Voreinstellung</translation>
    </message>
    <message>
      <location filename="../../gui/act/preset_box.py" />
      <source>Preset</source>
      <translation>Voreinstellung</translation>
    </message>
    <message>
      <location filename="../../gui/act/preset_box.py" />
      <source>Fill the form with what a target asks for.</source>
      <translation>Füllt das Formular mit dem, was ein Ziel verlangt.</translation>
    </message>
    <message>
      <location filename="../../gui/act/preset_box.py" />
      <source>Custom</source>
      <translation>Eigene</translation>
    </message>
    <message>
      <location filename="../../gui/act/preset_box.py" />
      <source>Layers treated otherwise: {layers}.</source>
      <translation>Anders behandelte Schichten: {layers}.</translation>
    </message>
    <message>
      <location filename="../../gui/act/scope_box.py" />
      <source>Layers</source>
      <translation>Schichten</translation>
    </message>
    <message>
      <location filename="../../gui/act/scope_box.py" />
      <source>A&amp;ll layers ({count:,})</source>
      <translation>A&amp;lle Schichten ({count:,})</translation>
    </message>
    <message>
      <location filename="../../gui/act/scope_box.py" />
      <source>Layers whose &amp;name matches</source>
      <translation>Schichten mit &amp;Namen wie</translation>
    </message>
    <message>
      <location filename="../../gui/act/scope_box.py" />
      <source>for example features.*</source>
      <translation>zum Beispiel features.*</translation>
    </message>
    <message>
      <location filename="../../gui/act/scope_box.py" />
      <source>Name pattern</source>
      <translation>Namensmuster</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/act/scope_box.py" />
      <source>Some channels stay: they also belong to {n} layers outside.</source>
      <extracomment>For one: Some channels stay: they also belong to {n} layer outside.</extracomment>
      <translation>
        <numerusform>Einige Kanäle bleiben: sie gehören auch zu {n} Schicht außerhalb.</numerusform>
        <numerusform>Einige Kanäle bleiben: sie gehören auch zu {n} Schichten außerhalb.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/act/scope_box.py" />
      <source>Include the {n} coupled layers</source>
      <extracomment>For one: Include the coupled layer</extracomment>
      <translation>
        <numerusform>{n} gekoppelte Schicht einschließen</numerusform>
        <numerusform>{n} gekoppelte Schichten einschließen</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/act/scope_box.py" />
      <source>Only the &amp;selected layers ({count:,})</source>
      <translation>Nur die &amp;gewählten Schichten ({count:,})</translation>
    </message>
    <message>
      <location filename="../../gui/act/scope_box.py" />
      <source>Only the &amp;selected layers</source>
      <translation>Nur die &amp;gewählten Schichten</translation>
    </message>
    <message>
      <location filename="../../gui/act/scope_box.py" />
      <source>Select layers in the graph or in the layers table first.</source>
      <translation>Zuerst Schichten im Graphen oder in der Tabelle wählen.</translation>
    </message>
    <message>
      <location filename="../../gui/act/scope_box.py" />
      <source>No layer is selected.</source>
      <translation>Keine Schicht ist ausgewählt.</translation>
    </message>
    <message>
      <location filename="../../gui/act/scope_box.py" />
      <source>Type a name pattern, or choose all layers.</source>
      <translation>Ein Namensmuster eingeben oder alle Schichten wählen.</translation>
    </message>
    <message>
      <location filename="../../gui/act/scope_box.py" />
      <source>No layer's name matches '{pattern}'.</source>
      <translation>Keine Schicht heißt wie '{pattern}'.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Edit</source>
      <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;View</source>
      <translation>&amp;Ansicht</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>T&amp;rain</source>
      <translation>&amp;Training</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Prune</source>
      <translation>&amp;Pruning</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Quantize</source>
      <translation>&amp;Quantisieren</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Distil</source>
      <translation>De&amp;stillieren</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Analyse</source>
      <translation>A&amp;nalyse</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Compare</source>
      <translation>&amp;Vergleich</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>E&amp;xport</source>
      <translation>&amp;Export</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Help</source>
      <translation>&amp;Hilfe</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;New from reference network…</source>
      <translation>&amp;Neu aus Referenznetz…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>MobileNet, ResNet, ViT and others.</source>
      <translation>MobileNet, ResNet, ViT und andere.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Open model…</source>
      <translation>Modell ö&amp;ffnen…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Open an ONNX file as a new project.</source>
      <translation>Eine ONNX-Datei als neues Projekt öffnen.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>A small network with its data.</source>
      <translation>Ein kleines Netz mit seinen Daten.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Open &amp;project…</source>
      <translation>&amp;Projekt öffnen…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Open pac&amp;ked project…</source>
      <translation>Gepac&amp;ktes Projekt öffnen…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>One file that somebody has sent.</source>
      <translation>Eine Datei, die jemand geschickt hat.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Save project &amp;as…</source>
      <translation>Projekt speichern &amp;unter…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Pack pro&amp;ject…</source>
      <translation>Projekt pa&amp;cken…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>One file to send: every revision, without the data.</source>
      <translation>Eine Datei zum Verschicken: jede Revision, ohne die Daten.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Attach &amp;data…</source>
      <translation>&amp;Daten verbinden…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Attach data &amp;folder…</source>
      <translation>Daten&amp;ordner verbinden…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>De&amp;tach data</source>
      <translation>D&amp;aten trennen</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Save recip&amp;e…</source>
      <translation>Re&amp;zept speichern…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>The steps so far.</source>
      <translation>Die bisherigen Schritte.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Rep&amp;lay recipe…</source>
      <translation>Rezept ab&amp;spielen…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Close project</source>
      <translation>Projekt sch&amp;ließen</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Quit</source>
      <translation>B&amp;eenden</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Undo</source>
      <translation>&amp;Rückgängig</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>The last edit, else the last act.</source>
      <translation>Die letzte Änderung, sonst die letzte Aktion.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Redo</source>
      <translation>Wie&amp;derherstellen</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>What was undone last.</source>
      <translation>Was zuletzt rückgängig gemacht wurde.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Replay the chosen step</source>
      <translation>Gewählten Schritt wiederholen</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Do the step of the revision under the cursor again, on the current one.</source>
      <translation>Den Schritt der gewählten Revision noch einmal tun, auf der aktuellen.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>The layer, or the tensor that is followed.</source>
      <translation>Die Schicht oder den Tensor, dem gefolgt wird.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Attribu&amp;tes…</source>
      <translation>A&amp;ttribute…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Of the selected layer.</source>
      <translation>Der gewählten Schicht.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Replace &amp;operator…</source>
      <translation>&amp;Operator ersetzen…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Another operator on the same tensors, for one layer or several.</source>
      <translation>Ein anderer Operator auf denselben Tensoren, für eine oder mehrere Schichten.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Lightweight block…</source>
      <translation>&amp;Leichter Block…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>A block with fewer weights in a convolution's place; says beforehand what it saves.</source>
      <translation>Ein Block mit weniger Gewichten an Stelle einer Faltung; sagt vorher, was er spart.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Bypass or delete…</source>
      <translation>&amp;Überbrücken oder löschen…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Bypass: what is behind reads what was before. Delete: a gap stays.</source>
      <translation>Überbrücken: Was dahinter ist, liest, was davor war. Löschen: Eine Lücke bleibt.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Behind the layer, or on the tensor.</source>
      <translation>Hinter der Schicht oder auf dem Tensor.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Repa&amp;ir…</source>
      <translation>Re&amp;parieren…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>What could be done about the layer.</source>
      <translation>Was sich an der Schicht beheben lässt.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Connect input…</source>
      <translation>Eingang &amp;verbinden…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>To another tensor.</source>
      <translation>Mit einem anderen Tensor.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Value&amp;s…</source>
      <translation>&amp;Werte…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Of a stored tensor.</source>
      <translation>Eines gespeicherten Tensors.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Cut out &amp;part…</source>
      <translation>Teil auss&amp;chneiden…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>The selected layers.</source>
      <translation>Die gewählten Schichten.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Make the tensor an &amp;output</source>
      <translation>Tensor zum &amp;Ausgang machen</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Remove an output…</source>
      <translation>Ausgang &amp;entfernen…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Add an input…</source>
      <translation>Eingang &amp;hinzufügen…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Remove an &amp;input…</source>
      <translation>Eingang e&amp;ntfernen…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Input &amp;shape…</source>
      <translation>&amp;Form des Eingangs…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Batch size…</source>
      <translation>&amp;Batchgröße…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Fold BatchNorm</source>
      <translation>BatchNorm fa&amp;lten</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Fold &amp;constants</source>
      <translation>&amp;Konstanten falten</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Remove I&amp;dentity and Dropout</source>
      <translation>&amp;Identity und Dropout entfernen</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Find layers…</source>
      <translation>Schichten &amp;suchen…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>By name, operator, attribute, shape, tensor or type.</source>
      <translation>Nach Name, Operator, Attribut, Form, Tensor oder Typ.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Find ne&amp;xt</source>
      <translation>W&amp;eitersuchen</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Find pre&amp;vious</source>
      <translation>Rückwärts s&amp;uchen</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Next la&amp;yer that cannot run</source>
      <translation>&amp;Nächste Schicht, die nicht läuft</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Layers that an edit has left wrong have a red sign.</source>
      <translation>Schichten, die nach einer Bearbeitung nicht laufen, tragen ein rotes Zeichen.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Select &amp;all layers</source>
      <translation>&amp;Alle Schichten auswählen</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Select not&amp;hing</source>
      <translation>Auswahl auf&amp;heben</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Fit graph</source>
      <translation>Graph ein&amp;passen</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Fit &amp;width</source>
      <translation>Auf &amp;Breite einpassen</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;100 %</source>
      <translation>&amp;100 %</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Zoom &amp;in</source>
      <translation>Ver&amp;größern</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Zoom &amp;out</source>
      <translation>Ver&amp;kleinern</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Go to the input</source>
      <translation>Zum &amp;Eingang</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Overview &amp;map in the corner</source>
      <translation>Übersicht in der E&amp;cke</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>A small picture of the whole graph, where the graph is larger than the view.</source>
      <translation>Ein kleines Bild des ganzen Graphen, wo er größer als die Ansicht ist.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Blocks</source>
      <translation>Blöcke</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Layers in the blocks that names and repeated structure give; without it the graph is flat.</source>
      <translation>Schichten in den Blöcken, die Namen und wiederholter Aufbau ergeben; ohne sie ist der Graph flach.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Open or close &amp;the selected block</source>
      <translation>Gewähl&amp;ten Block öffnen oder schließen</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Of a selected layer the block around it.</source>
      <translation>Bei einer gewählten Schicht den Block um sie.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Open or close all identical blocks</source>
      <translation>Alle gleichen Blöcke öffnen oder schließen</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>The selected block and all of the same structure.</source>
      <translation>Den gewählten Block und alle mit gleichem Aufbau.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Gr&amp;aph tab</source>
      <translation>Reiter Grap&amp;h</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Layers tab</source>
      <translation>Reiter &amp;Schichten</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Compare tab</source>
      <translation>Reiter &amp;Vergleich</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Sa&amp;ve picture as…</source>
      <translation>B&amp;ild speichern unter…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>SVG, PDF or PNG.</source>
      <translation>SVG, PDF oder PNG.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>In &amp;Netron</source>
      <translation>In &amp;Netron</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>The same model in Netron, offline; Netron can only read it.</source>
      <translation>Dasselbe Modell in Netron, ohne Netz; Netron kann es nur lesen.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Look of the &amp;system</source>
      <translation>Aussehen wie das S&amp;ystem</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Lig&amp;ht</source>
      <translation>He&amp;ll</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Dark</source>
      <translation>D&amp;unkel</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Reset panels</source>
      <translation>Bereiche &amp;zurücksetzen</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>F&amp;ull screen</source>
      <translation>V&amp;ollbild</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Loc&amp;k channels</source>
      <translation>Kanäle s&amp;perren</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Those of the selected layers stay when the network is pruned, with all that are coupled to them.</source>
      <translation>Die der ausgewählten Schichten bleiben beim Pruning, mit allen, die an sie gekoppelt sind.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Unlock channels</source>
      <translation>Kanäle &amp;freigeben</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>They may be pruned again.</source>
      <translation>Sie dürfen wieder entfernt werden.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Select c&amp;oupled layers</source>
      <translation>Ge&amp;koppelte Schichten auswählen</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>All whose channels live and die with those of the selected ones.</source>
      <translation>Alle, deren Kanäle mit denen der ausgewählten leben und sterben.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Sho&amp;w coupled and locked layers</source>
      <translation>Gekoppelte und gesperrte Schichten &amp;zeigen</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>On the graph: a dashed line around layers coupled to the selected one, a lock where channels have to stay.</source>
      <translation>Auf dem Graphen: eine gestrichelte Linie um Schichten, die mit der ausgewählten gekoppelt sind, ein Schloss, wo Kanäle bleiben müssen.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Evaluate accuracy</source>
      <translation>&amp;Genauigkeit bewerten</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Measure &amp;latency</source>
      <translation>&amp;Latenz messen</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Latency per la&amp;yer…</source>
      <translation>Latenz je &amp;Schicht…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Time every layer on this machine and colour the graph by it.</source>
      <translation>Jede Schicht auf diesem Rechner stoppen und den Graphen danach färben.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Show the last &amp;analysis</source>
      <translation>Letzte &amp;Analyse zeigen</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>What the newest analysis of this revision found out.</source>
      <translation>Was die neueste Analyse dieser Revision ergeben hat.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Fidelity to the original</source>
      <translation>&amp;Treue zum Original</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Ask about a &amp;picture…</source>
      <translation>Zu einem &amp;Bild fragen…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>With the &amp;parent revision</source>
      <translation>Mit der &amp;vorigen Revision</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>With the &amp;original</source>
      <translation>Mit dem &amp;Original</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>With the &amp;chosen revision</source>
      <translation>Mit der &amp;gewählten Revision</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>With a &amp;file…</source>
      <translation>Mit einer &amp;Datei…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Table of all revisions</source>
      <translation>&amp;Tabelle aller Revisionen</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Close the &amp;second graph</source>
      <translation>&amp;Zweiten Graphen schließen</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Export…</source>
      <translation>&amp;Exportieren…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Write a file for a runtime.</source>
      <translation>Eine Datei für eine Laufzeit schreiben.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Command palette…</source>
      <translation>&amp;Befehlspalette…</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Any act by its name, any layer by @.</source>
      <translation>Jede Aktion nach ihrem Namen, jede Schicht mit @.</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;Shortcuts</source>
      <translation>&amp;Tastenkürzel</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>Open the folder of crash &amp;reports</source>
      <translation>&amp;Ordner der Absturzberichte öffnen</translation>
    </message>
    <message>
      <location filename="../../gui/actions.py" />
      <source>&amp;About Thimble</source>
      <translation>&amp;Über Thimble</translation>
    </message>
    <message>
      <location filename="../../gui/bindings.py" />
      <source>Working…</source>
      <translation>In Arbeit…</translation>
    </message>
    <message>
      <location filename="../../gui/bindings.py" />
      <source>Attach data with classes first (Ctrl+D).</source>
      <translation>Zuerst Daten mit Klassen verbinden (Strg+D).</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/bindings.py" />
      <source>{n} layers selected</source>
      <extracomment>For one: {n} layer selected</extracomment>
      <translation>
        <numerusform>{n} Schicht gewählt</numerusform>
        <numerusform>{n} Schichten gewählt</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/bindings.py" />
      <source>Revision {id} of {count}</source>
      <translation>Revision {id} von {count}</translation>
    </message>
    <message>
      <location filename="../../gui/bindings.py" />
      <source>opset {number}</source>
      <translation>Opset {number}</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/bindings.py" />
      <source>{n} edits not yet a revision</source>
      <extracomment>For one: {n} edit not yet a revision</extracomment>
      <translation>
        <numerusform>{n} Änderung noch ohne Revision</numerusform>
        <numerusform>{n} Änderungen noch ohne Revision</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/bindings.py" />
      <source>{n} layers cannot run</source>
      <extracomment>For one: {n} layer cannot run</extracomment>
      <translation>
        <numerusform>{n} Schicht läuft nicht</numerusform>
        <numerusform>{n} Schichten laufen nicht</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/bindings.py" />
      <source>The model as it was opened.</source>
      <translation>Das Modell, wie es geöffnet wurde.</translation>
    </message>
    <message>
      <location filename="../../gui/charts/curves.py" />
      <source>training</source>
      <translation>Training</translation>
    </message>
    <message>
      <location filename="../../gui/charts/curves.py" />
      <source>validation</source>
      <translation>Validierung</translation>
    </message>
    <message>
      <location filename="../../gui/charts/curves.py" />
      <source>Loss</source>
      <translation>Verlust</translation>
    </message>
    <message>
      <location filename="../../gui/charts/curves.py" />
      <source>epoch</source>
      <translation>Epoche</translation>
    </message>
    <message>
      <location filename="../../gui/charts/curves.py" />
      <source>Accuracy</source>
      <translation>Genauigkeit</translation>
    </message>
    <message>
      <location filename="../../gui/charts/curves.py" />
      <source>Learning rate</source>
      <translation>Lernrate</translation>
    </message>
    <message>
      <location filename="../../gui/charts/line_chart.py" />
      <source>{title} curves</source>
      <translation>Kurven: {title}</translation>
    </message>
    <message>
      <location filename="../../gui/charts/line_chart.py" />
      <source>Curves</source>
      <translation>Kurven</translation>
    </message>
    <message>
      <location filename="../../gui/charts/line_chart.py" />
      <source>, best {value}</source>
      <translation>, bester Wert {value}</translation>
    </message>
    <message>
      <location filename="../../gui/charts/line_chart.py" />
      <source>Curves appear here while a job trains.</source>
      <translation>Kurven erscheinen hier, während trainiert wird.</translation>
    </message>
    <message>
      <location filename="../../gui/charts/line_chart.py" />
      <source>{series}: {value} at {place}</source>
      <translation>{series}: {value} bei {place}</translation>
    </message>
    <message>
      <location filename="../../gui/charts/small_multiples.py" />
      <source>A curve for each of {count} groups</source>
      <translation>Eine Kurve für jede von {count} Gruppen</translation>
    </message>
    <message>
      <location filename="../../gui/charts/small_multiples.py" />
      <source>Suggested: {figure}</source>
      <translation>Vorschlag: {figure}</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/channel_spread.py" />
      <source>Measured on the stored weights: the largest channel over the median one</source>
      <translation>Gemessen an den gespeicherten Gewichten: der größte Kanal durch den mittleren</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/channel_spread.py" />
      <source>Spread of channel ranges</source>
      <translation>Ungleichheit der Kanalbereiche</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/colouring.py" />
      <source>Nothing</source>
      <translation>Nichts</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/colouring.py" />
      <source>Sparsity</source>
      <translation>Nullanteil</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/colouring.py" />
      <source>Measure it first: Analyse &gt; Latency per layer.</source>
      <translation>Zuerst messen: Analyse &gt; Latenz je Schicht.</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/colouring.py" />
      <source>From the report of revision {id}</source>
      <translation>Aus dem Bericht der Revision {id}</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/colouring.py" />
      <source>From an analysis of revision {id}</source>
      <translation>Aus einer Analyse der Revision {id}</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/found.py" />
      <source>Latency, as optimized</source>
      <translation>Latenz, optimiert</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/found.py" />
      <source>Latency, as written</source>
      <translation>Latenz, wie geschrieben</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/colouring/found.py" />
      <source>median of {n} runs</source>
      <extracomment>For one: median of {n} run</extracomment>
      <translation>
        <numerusform>Median aus {n} Lauf</numerusform>
        <numerusform>Median aus {n} Läufen</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/colouring/found.py" />
      <source>Measured on {machine}; {runs}</source>
      <translation>Gemessen auf {machine}; {runs}</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/found.py" />
      <source>Every layer runs by itself.</source>
      <translation>Jede Schicht läuft für sich.</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/found.py" />
      <source>Layers that onnxruntime fuses carry the time of their group.</source>
      <translation>Schichten, die onnxruntime verschmilzt, tragen die Zeit ihrer Gruppe.</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/found.py" />
      <source>{time} more belongs to no layer.</source>
      <translation>Weitere {time} gehören zu keiner Schicht.</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/latency_dialog.py" />
      <source>Latency per layer</source>
      <translation>Latenz je Schicht</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/latency_dialog.py" />
      <source>Runs the network in onnxruntime on this machine, on noise, and times every layer: first as onnxruntime optimizes it, where layers that are fused share the time of their group, then with every layer by itself. A phone is slower, and not by the same factor for every layer.</source>
      <translation>Führt das Netz in onnxruntime auf diesem Rechner mit Rauschen aus und stoppt jede Schicht: zuerst so, wie onnxruntime es optimiert, wobei verschmolzene Schichten sich die Zeit ihrer Gruppe teilen, dann jede Schicht für sich. Ein Telefon ist langsamer, und nicht bei jeder Schicht um denselben Faktor.</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/latency_dialog.py" />
      <source>&amp;Runs</source>
      <translation>&amp;Läufe</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/latency_dialog.py" />
      <source>&amp;Threads</source>
      <translation>&amp;Threads</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/latency_dialog.py" />
      <source>&amp;Measure</source>
      <translation>&amp;Messen</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/layer_figures.py" />
      <source>Estimated from the graph, batch of 1</source>
      <translation>Aus dem Graphen geschätzt, Batch 1</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/layer_figures.py" />
      <source>MACs</source>
      <translation>MACs</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/layer_figures.py" />
      <source>Parameters</source>
      <translation>Parameter</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/layer_figures.py" />
      <source>Weight bytes</source>
      <translation>Bytes der Gewichte</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/layer_figures.py" />
      <source>Activation bytes</source>
      <translation>Bytes der Aktivierungen</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/legend.py" />
      <source>Legend: {text}</source>
      <translation>Legende: {text}</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/legend.py" />
      <source>No layer on screen has this figure.</source>
      <translation>Keine sichtbare Schicht hat diese Zahl.</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/legend.py" />
      <source>Logarithmic scale</source>
      <translation>Logarithmische Skala</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/legend.py" />
      <source>Linear scale</source>
      <translation>Lineare Skala</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/legend.py" />
      <source>A closed block shows the mean.</source>
      <translation>Ein geschlossener Block zeigt den Mittelwert.</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/legend.py" />
      <source>A closed block shows the sum.</source>
      <translation>Ein geschlossener Block zeigt die Summe.</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/menu.py" />
      <source>Colour &amp;by</source>
      <translation>&amp;Färben nach</translation>
    </message>
    <message>
      <location filename="../../gui/colouring/sparsity.py" />
      <source>Counted on the stored weights</source>
      <translation>An den gespeicherten Gewichten gezählt</translation>
    </message>
    <message>
      <location filename="../../gui/compare/predict_dialog.py" />
      <source>Answers of {model}</source>
      <translation>Antworten von {model}</translation>
    </message>
    <message>
      <location filename="../../gui/compare/predict_dialog.py" />
      <source>Answers for {name}</source>
      <translation>Antworten zu {name}</translation>
    </message>
    <message>
      <location filename="../../gui/compare/predict_dialog.py" />
      <source>The picture {name}</source>
      <translation>Das Bild {name}</translation>
    </message>
    <message>
      <location filename="../../gui/compare/predict_dialog.py" />
      <source>One model only: apply an act, and the result answers beside the original.</source>
      <translation>Nur ein Modell: Nach einer Aktion antwortet das Ergebnis neben dem Original.</translation>
    </message>
    <message>
      <location filename="../../gui/compare/predict_dialog.py" />
      <source>Both answer '{answer}'.</source>
      <translation>Beide antworten '{answer}'.</translation>
    </message>
    <message>
      <location filename="../../gui/compare/predict_dialog.py" />
      <source>They differ: '{before}' became '{after}'.</source>
      <translation>Sie antworten verschieden: Aus '{before}' wurde '{after}'.</translation>
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Params</source>
      <translation>Param.</translation>
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Numbers the network learned.</source>
      <translation>Zahlen, die das Netz gelernt hat.</translation>
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Multiply-accumulate operations for one input.</source>
      <translation>Multiplikationen mit Addition für eine Eingabe.</translation>
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Peak memory</source>
      <translation>RAM-Spitze</translation>
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Most bytes of activations that are alive at once, without the weights. Estimated from the graph.</source>
      <translation>Meiste Bytes an Aktivierungen, die gleichzeitig leben, ohne Gewichte. Aus dem Graphen geschätzt.</translation>
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Weights</source>
      <translation>Gewichte</translation>
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Bytes of all stored weights.</source>
      <translation>Bytes aller gespeicherten Gewichte.</translation>
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>File</source>
      <translation>Datei</translation>
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Size of the file on disk.</source>
      <translation>Größe der Datei auf der Platte.</translation>
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Top-1</source>
      <translation>Top-1</translation>
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Share of items whose first answer is right.</source>
      <translation>Anteil der Einträge, deren erste Antwort stimmt.</translation>
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Top-5</source>
      <translation>Top-5</translation>
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Share of items whose class is among the first five answers.</source>
      <translation>Anteil der Einträge, deren Klasse unter den ersten fünf Antworten ist.</translation>
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Median time of one run.</source>
      <translation>Median der Zeit eines Laufs.</translation>
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Signal to noise of the outputs, beside the parent revision.</source>
      <translation>Signal-Rausch-Abstand der Ausgaben zur vorigen Revision.</translation>
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Agrees</source>
      <translation>Gleich</translation>
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Share of items with the parent's answer.</source>
      <translation>Anteil der Einträge mit der Antwort der vorigen Revision.</translation>
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Model</source>
      <translation>Modell</translation>
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>{column} of {model}: {figure}</source>
      <translation>{column}, {model}: {figure}</translation>
    </message>
    <message>
      <location filename="../../gui/compare/table_model.py" />
      <source>Against the first row</source>
      <translation>Gegen die erste Zeile</translation>
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Comparison</source>
      <translation>Vergleich</translation>
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Below a figure: its change against the first row. Point at a figure to see how it was obtained.</source>
      <translation>Unter einer Zahl: ihre Änderung gegen die erste Zeile. Der Mauszeiger auf einer Zahl zeigt ihre Herkunft.</translation>
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Nothing to compare yet.</source>
      <translation>Noch nichts zu vergleichen.</translation>
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Open a model: each of its revisions becomes a row.</source>
      <translation>Ein Modell öffnen: Jede seiner Revisionen wird eine Zeile.</translation>
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Judge the chosen rows on the attached data.</source>
      <translation>Die gewählten Zeilen an den verbundenen Daten bewerten.</translation>
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Run the chosen rows in turn, one thread; median and spread.</source>
      <translation>Die gewählten Zeilen abwechselnd ausführen, ein Thread; Median und Streuung.</translation>
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Evaluate acc&amp;uracy</source>
      <translation>Gena&amp;uigkeit bewerten</translation>
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Measure latenc&amp;y</source>
      <translation>Latenz &amp;messen</translation>
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Measure f&amp;idelity</source>
      <translation>T&amp;reue messen</translation>
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>How close the chosen rows' outputs are to the first row's.</source>
      <translation>Wie nah die Ausgaben der gewählten Zeilen denen der ersten sind.</translation>
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Add file…</source>
      <translation>Datei hinzufügen…</translation>
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Compare with an ONNX or TFLite file.</source>
      <translation>Mit einer ONNX- oder TFLite-Datei vergleichen.</translation>
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Rem&amp;ove file</source>
      <translation>Date&amp;i entfernen</translation>
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Take the chosen files out of the table; revisions stay.</source>
      <translation>Die gewählten Dateien aus der Tabelle nehmen; Revisionen bleiben.</translation>
    </message>
    <message>
      <location filename="../../gui/compare/view.py" />
      <source>Copy ta&amp;ble</source>
      <translation>Tabelle &amp;kopieren</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/grid.py" />
      <source>Items as the network sees them</source>
      <translation>Einträge, wie das Netz sie sieht</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/grid.py" />
      <source>values {values}</source>
      <translation>Werte {values}</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>ImageNet (mean and deviation)</source>
      <translation>ImageNet (Mittelwert und Streuung)</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>−1 to 1</source>
      <translation>−1 bis 1</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>CIFAR-10 (mean and deviation)</source>
      <translation>CIFAR-10 (Mittelwert und Streuung)</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>No data attached.</source>
      <translation>Keine Daten verbunden.</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>Attach a folder of class folders, a zip, a folder with labels.csv, or an .npz file, to calibrate, train and judge. Or drop it on the window.</source>
      <translation>Einen Ordner mit Klassenordnern, ein Zip, einen Ordner mit labels.csv oder eine .npz-Datei verbinden, um zu kalibrieren, zu trainieren und zu bewerten. Oder auf das Fenster ziehen.</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>A&amp;ttach data…</source>
      <translation>Daten verbinden…</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>Warning about the data</source>
      <translation>Warnung zu den Daten</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>Preprocessing</source>
      <translation>Vorverarbeitung</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>How raw items become network inputs. Remembered in the model.</source>
      <translation>Wie aus rohen Einträgen Eingaben des Netzes werden. Wird im Modell gespeichert.</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>Cha&amp;nge…</source>
      <translation>&amp;Wechseln…</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>De&amp;tach</source>
      <translation>Trennen</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>not set: choose one</source>
      <translation>nicht festgelegt: bitte wählen</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>the model's own steps</source>
      <translation>die Schritte des Modells</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>From a JSON file…</source>
      <translation>Aus einer JSON-Datei…</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>Preproce&amp;ssing</source>
      <translation>V&amp;orverarbeitung</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/data_panel/panel.py" />
      <source>{n} items</source>
      <extracomment>For one: {n} item</extracomment>
      <translation>
        <numerusform>{n} Eintrag</numerusform>
        <numerusform>{n} Einträge</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/data_panel/panel.py" />
      <source>{items} in {n} classes</source>
      <extracomment>For one: {items} in {n} class</extracomment>
      <translation>
        <numerusform>{items} in {n} Klasse</numerusform>
        <numerusform>{items} in {n} Klassen</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>{count:,} to calibrate</source>
      <translation>{count:,} zum Kalibrieren</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>{count:,} to train</source>
      <translation>{count:,} zum Trainieren</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>{count:,} to judge</source>
      <translation>{count:,} zum Bewerten</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>{items}: {parts}</source>
      <translation>{items}: {parts}</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/panel.py" />
      <source>Training would use {train:,} of these and leave {judge:,} to judge.</source>
      <translation>Ein Training nähme {train:,} davon und ließe {judge:,} zum Bewerten.</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/pictures.py" />
      <source>{message} Choose a preprocessing above.</source>
      <translation>{message} Oben eine Vorverarbeitung wählen.</translation>
    </message>
    <message>
      <location filename="../../gui/data_panel/pictures.py" />
      <source>{min:.2f} to {max:.2f}, mean {mean:.2f}</source>
      <translation>{min:.2f} bis {max:.2f}, Mittelwert {mean:.2f}</translation>
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>one page at 100 %</source>
      <translation>eine Seite bei 100 %</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/drawing/draw.py" />
      <source>{n} pages</source>
      <extracomment>For one: {n} page</extracomment>
      <translation>
        <numerusform>{n} Seite</numerusform>
        <numerusform>{n} Seiten</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>{width} × {height} pixels</source>
      <translation>{width} × {height} Pixel</translation>
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>'{path}' holds {about}: {what}, {size}.</source>
      <translation>'{path}' enthält {about}: {what}, {size}.</translation>
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>, drawn at {size}</source>
      <translation>, gezeichnet mit {size}</translation>
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>, drawn at {size}; all words are left out at this size, SVG and PDF keep them</source>
      <translation>, gezeichnet mit {size}; bei dieser Größe fehlen alle Wörter, SVG und PDF behalten sie</translation>
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>, drawn at {size}; all words but the operators' are left out at this size, SVG and PDF keep them</source>
      <translation>, gezeichnet mit {size}; bei dieser Größe bleiben nur die Operatoren lesbar, SVG und PDF behalten alle Wörter</translation>
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>{used:.2g} % instead of {asked:g} % to stay within {pixels} million pixels and {side:,} a side</source>
      <translation>{used:.2g} % statt {asked:g} %, um unter {pixels} Millionen Pixeln und {side:,} je Seite zu bleiben</translation>
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>The ending '{suffix}' of '{name}' names no kind of picture.</source>
      <translation>Die Endung '{suffix}' von '{name}' bezeichnet keine Bildart.</translation>
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>The missing ending of '{name}' names no kind of picture.</source>
      <translation>'{name}' hat keine Endung, die eine Bildart bezeichnet.</translation>
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>Use .svg, .pdf or .png.</source>
      <translation>Möglich sind .svg, .pdf und .png.</translation>
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>The scale {scale:g} is not between {low:g} and {high:g}.</source>
      <translation>Der Maßstab {scale:g} liegt nicht zwischen {low:g} und {high:g}.</translation>
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>There is no folder '{folder}'.</source>
      <translation>Es gibt keinen Ordner '{folder}'.</translation>
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>Make it first, or choose another.</source>
      <translation>Zuerst anlegen oder einen anderen wählen.</translation>
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>'{path}' is a folder.</source>
      <translation>'{path}' ist ein Ordner.</translation>
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>Name a file in it.</source>
      <translation>Eine Datei darin angeben.</translation>
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>This graph cannot be drawn: {error}.</source>
      <translation>Dieser Graph lässt sich nicht zeichnen: {error}.</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/drawing/draw.py" />
      <source>{n} parameters</source>
      <extracomment>For one: {n} parameter</extracomment>
      <translation>
        <numerusform>{n} Parameter</numerusform>
        <numerusform>{n} Parameter</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/drawing/draw.py" />
      <source>{n} MACs</source>
      <extracomment>For one: {n} MAC</extracomment>
      <translation>
        <numerusform>{n} MAC</numerusform>
        <numerusform>{n} MACs</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>'{path}' cannot be written: {why}.</source>
      <translation>'{path}' lässt sich nicht schreiben: {why}.</translation>
    </message>
    <message>
      <location filename="../../gui/drawing/draw.py" />
      <source>Choose another place.</source>
      <translation>Einen anderen Ort wählen.</translation>
    </message>
    <message>
      <location filename="../../gui/drawing/pages.py" />
      <source>The PDF could not be begun.</source>
      <translation>Das PDF ließ sich nicht beginnen.</translation>
    </message>
    <message>
      <location filename="../../gui/drawing/pages.py" />
      <source>Save the picture as SVG instead.</source>
      <translation>Das Bild stattdessen als SVG speichern.</translation>
    </message>
    <message>
      <location filename="../../gui/drawing/raster.py" />
      <source>There is no memory for a picture of {width} × {height} pixels.</source>
      <translation>Für ein Bild von {width} × {height} Pixeln reicht der Speicher nicht.</translation>
    </message>
    <message>
      <location filename="../../gui/drawing/raster.py" />
      <source>Choose a smaller scale.</source>
      <translation>Einen kleineren Maßstab wählen.</translation>
    </message>
    <message>
      <location filename="../../gui/drawing/raster.py" />
      <source>The picture could not be compressed.</source>
      <translation>Das Bild ließ sich nicht komprimieren.</translation>
    </message>
    <message>
      <location filename="../../gui/drawing/raster.py" />
      <source>Choose a smaller scale, or save it as SVG.</source>
      <translation>Einen kleineren Maßstab wählen oder als SVG speichern.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/context_menu.py" />
      <source>Value&amp;s</source>
      <translation>&amp;Werte</translation>
    </message>
    <message>
      <location filename="../../gui/editing/context_menu.py" />
      <source>Insert in &amp;front of</source>
      <translation>Einfügen &amp;vor</translation>
    </message>
    <message>
      <location filename="../../gui/editing/context_menu.py" />
      <source>&amp;Go to its layer</source>
      <translation>&amp;Zu ihrer Schicht gehen</translation>
    </message>
    <message>
      <location filename="../../gui/editing/context_menu.py" />
      <source>R&amp;ename…</source>
      <translation>Um&amp;benennen…</translation>
    </message>
    <message>
      <location filename="../../gui/editing/context_menu.py" />
      <source>I&amp;nsert layer…</source>
      <translation>Schicht e&amp;infügen…</translation>
    </message>
    <message>
      <location filename="../../gui/editing/context_menu.py" />
      <source>Change &amp;shape…</source>
      <translation>&amp;Form ändern…</translation>
    </message>
    <message>
      <location filename="../../gui/editing/context_menu.py" />
      <source>Re&amp;move the input</source>
      <translation>Eingang e&amp;ntfernen</translation>
    </message>
    <message>
      <location filename="../../gui/editing/context_menu.py" />
      <source>Re&amp;move the output</source>
      <translation>Ausgang e&amp;ntfernen</translation>
    </message>
    <message>
      <location filename="../../gui/editing/folder.py" />
      <source>Making the edits a revision…</source>
      <translation>Änderungen werden zur Revision…</translation>
    </message>
    <message>
      <location filename="../../gui/editing/folder.py" />
      <source>Making the edits a revision</source>
      <translation>Änderungen werden eine Revision</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/attribute_fields.py" />
      <source>{operator} has no attributes.</source>
      <translation>{operator} hat keine Attribute.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/attribute_fields.py" />
      <source>not a plain value</source>
      <translation>kein einfacher Wert</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/attribute_fields.py" />
      <source>required</source>
      <translation>nötig</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/attribute_fields.py" />
      <source>'{name}' is required.</source>
      <translation>'{name}' ist nötig.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/attribute_fields.py" />
      <source>'{name}' is '{text}'; it must be a number.</source>
      <translation>'{name}' ist '{text}'; es muss eine Zahl sein.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/attribute_row.py" />
      <source>a whole number</source>
      <translation>eine ganze Zahl</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/attribute_row.py" />
      <source>a number</source>
      <translation>eine Zahl</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/attribute_row.py" />
      <source>text</source>
      <translation>Text</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/attribute_row.py" />
      <source>whole numbers divided by commas</source>
      <translation>ganze Zahlen, durch Kommas getrennt</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/attribute_row.py" />
      <source>numbers divided by commas</source>
      <translation>Zahlen, durch Kommas getrennt</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/attribute_row.py" />
      <source>texts divided by commas</source>
      <translation>Texte, durch Kommas getrennt</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/attribute_row.py" />
      <source>default ({value})</source>
      <translation>Standard ({value})</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/attribute_row.py" />
      <source>not set</source>
      <translation>nicht gesetzt</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/attribute_row.py" />
      <source>a tensor or a graph; it cannot be typed in</source>
      <translation>ein Tensor oder Graph; er lässt sich nicht eintippen</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/attribute_row.py" />
      <source>default: {value}</source>
      <translation>Standard: {value}</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/attributes.py" />
      <source>Attributes</source>
      <translation>Attribute</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/base.py" />
      <source>Afterwards: {sentence}</source>
      <translation>Danach: {sentence}</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/block.py" />
      <source>One filter a channel, then a 1×1 convolution that mixes the channels.</source>
      <translation>Ein Filter je Kanal, dann eine 1×1-Faltung, die die Kanäle mischt.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/block.py" />
      <source>A 1×1 convolution to fewer channels, then 1×1 and full kernels side by side.</source>
      <translation>Eine 1×1-Faltung auf weniger Kanäle, dann 1×1 und volle Kerne nebeneinander.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/block.py" />
      <source>Grouped 1×1 convolutions around a filter a channel, with the channels shuffled between.</source>
      <translation>Gruppierte 1×1-Faltungen um einen Filter je Kanal, dazwischen werden die Kanäle gemischt.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/block.py" />
      <source>A convolution to a part of the outputs; cheap filters make the others out of these.</source>
      <translation>Eine Faltung auf einen Teil der Ausgänge; billige Filter machen daraus die anderen.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/block.py" />
      <source>Depthwise separable</source>
      <translation>Kanalweise getrennt</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/block.py" />
      <source>Fire</source>
      <translation>Fire</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/block.py" />
      <source>Shuffle</source>
      <translation>Shuffle</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/block.py" />
      <source>Ghost</source>
      <translation>Ghost</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/block.py" />
      <source>Replace by a lightweight block</source>
      <translation>Durch leichten Block ersetzen</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/block.py" />
      <source>&amp;Block</source>
      <translation>&amp;Block</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/block.py" />
      <source>{label} is '{text}'; it must be {kind}.</source>
      <translation>{label} ist '{text}'; es muss {kind} sein.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/block.py" />
      <source>now</source>
      <translation>jetzt</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/block.py" />
      <source>block</source>
      <translation>Block</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/block.py" />
      <source>saved</source>
      <translation>gespart</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/block.py" />
      <source>Estimated: counted on the layers that the block consists of, for one item.</source>
      <translation>Geschätzt: an den Schichten gezählt, aus denen der Block besteht, für einen Eintrag.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/connecting.py" />
      <source>Connect an input</source>
      <translation>Einen Eingang verbinden</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/connecting.py" />
      <source>reads {tensor}</source>
      <translation>liest {tensor}</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/connecting.py" />
      <source>reads nothing</source>
      <translation>liest nichts</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/connecting.py" />
      <source>Name of a tensor</source>
      <translation>Name eines Tensors</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/connecting.py" />
      <source>&amp;Input</source>
      <translation>&amp;Eingang</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/connecting.py" />
      <source>&amp;Tensor</source>
      <translation>&amp;Tensor</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/connecting.py" />
      <source>It must be made before this layer.</source>
      <translation>Er muss vor dieser Schicht erzeugt werden.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/connecting.py" />
      <source>Say which tensor is to be read.</source>
      <translation>Angeben, welcher Tensor gelesen werden soll.</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/editing/forms/cutting.py" />
      <source>Cut out {n} layers</source>
      <extracomment>For one: Cut out {n} layer</extracomment>
      <translation>
        <numerusform>{n} Schicht ausschneiden</numerusform>
        <numerusform>{n} Schichten ausschneiden</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/cutting.py" />
      <source>Goes in: {names}</source>
      <translation>Hinein: {names}</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/cutting.py" />
      <source>Comes out: {names}</source>
      <translation>Heraus: {names}</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/cutting.py" />
      <source>As a &amp;new project</source>
      <translation>Als &amp;neues Projekt</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/cutting.py" />
      <source>&amp;Keep only them here</source>
      <translation>Nur sie hier &amp;behalten</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/cutting.py" />
      <source>This project stays as it is; it is among the recent ones.</source>
      <translation>Dieses Projekt bleibt, wie es ist; es steht unter den zuletzt geöffneten.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/cutting.py" />
      <source>All other layers go. It can be undone.</source>
      <translation>Alle anderen Schichten verschwinden. Das lässt sich rückgängig machen.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/cutting.py" />
      <source>nothing</source>
      <translation>nichts</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>Add a graph input</source>
      <translation>Einen Eingang hinzufügen</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>none: connect it later</source>
      <translation>keiner: später verbinden</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>&amp;Name</source>
      <translation>&amp;Name</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>&amp;Shape</source>
      <translation>&amp;Form</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>Numbers, or names of sizes that are known only when the network runs.</source>
      <translation>Zahlen, oder Namen von Größen, die erst beim Ausführen bekannt sind.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>&amp;Type</source>
      <translation>&amp;Typ</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>Takes the &amp;place of</source>
      <translation>Tritt an die &amp;Stelle von</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>What reads this tensor reads the new input instead.</source>
      <translation>Was diesen Tensor liest, liest stattdessen den neuen Eingang.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>Input shape</source>
      <translation>Form des Eingangs</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>This is its shape already.</source>
      <translation>Das ist seine Form schon.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>Batch size</source>
      <translation>Batchgröße</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>&amp;Dynamic: as many items as are fed</source>
      <translation>&amp;Dynamisch: so viele Einträge, wie kommen</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>&amp;Fixed</source>
      <translation>&amp;Fest</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>&amp;Name of the axis</source>
      <translation>&amp;Name der Achse</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>&amp;Items</source>
      <translation>&amp;Einträge</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>Runtimes on phones often want a fixed batch of 1.</source>
      <translation>Laufzeiten auf Telefonen wollen oft einen festen Batch von 1.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>'{text}' is no number of items.</source>
      <translation>'{text}' ist keine Anzahl von Einträgen.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>Use a whole number from 1.</source>
      <translation>Eine ganze Zahl ab 1 angeben.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>Remove an input</source>
      <translation>Einen Eingang entfernen</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>Remove an output</source>
      <translation>Einen Ausgang entfernen</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>Only an input that no layer reads can go.</source>
      <translation>Nur ein Eingang, den keine Schicht liest, kann entfernt werden.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>The layers that make it stay.</source>
      <translation>Die Schichten, die ihn erzeugen, bleiben.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/ends.py" />
      <source>&amp;Output</source>
      <translation>&amp;Ausgang</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/fields.py" />
      <source>The shape of '{name}' has an empty size.</source>
      <translation>Die Form von '{name}' hat eine leere Größe.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/fields.py" />
      <source>Example: batch, 3, 224, 224.</source>
      <translation>Beispiel: batch, 3, 224, 224.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/operator_list.py" />
      <source>Layers with weights</source>
      <translation>Schichten mit Gewichten</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/operator_list.py" />
      <source>Activations</source>
      <translation>Aktivierungen</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/operator_list.py" />
      <source>Pooling and reductions</source>
      <translation>Pooling und Reduktionen</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/operator_list.py" />
      <source>Normalization</source>
      <translation>Normalisierung</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/operator_list.py" />
      <source>Joining and dividing</source>
      <translation>Verbinden und Teilen</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/operator_list.py" />
      <source>Shape and type</source>
      <translation>Form und Typ</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/operator_list.py" />
      <source>Arithmetic</source>
      <translation>Arithmetik</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/operator_list.py" />
      <source>Other operators</source>
      <translation>Andere Operatoren</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/operator_list.py" />
      <source>Search operators</source>
      <translation>Operatoren suchen</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/operator_list.py" />
      <source>Operators</source>
      <translation>Operatoren</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/operator_list.py" />
      <source>No operator is called so.</source>
      <translation>Kein Operator heißt so.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/operators.py" />
      <source>Choose an operator.</source>
      <translation>Einen Operator wählen.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/operators.py" />
      <source>Replace the operator</source>
      <translation>Operator ersetzen</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/editing/forms/operators.py" />
      <source>Replace the operators of {n} layers</source>
      <extracomment>For one: Replace the operator of {n} layer</extracomment>
      <translation>
        <numerusform>Operator von {n} Schicht ersetzen</numerusform>
        <numerusform>Operatoren von {n} Schichten ersetzen</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/operators.py" />
      <source>behind the tensor {tensor}</source>
      <translation>hinter dem Tensor {tensor}</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/operators.py" />
      <source>Insert a layer</source>
      <translation>Eine Schicht einfügen</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/operators.py" />
      <source>after the tensor and the operator</source>
      <translation>nach dem Tensor und dem Operator</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/operators.py" />
      <source>all that read the tensor</source>
      <translation>alle, die den Tensor lesen</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/operators.py" />
      <source>only {layer}</source>
      <translation>nur {layer}</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/operators.py" />
      <source>where the operator reads more than one</source>
      <translation>wo der Operator mehr als einen liest</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/operators.py" />
      <source>In &amp;front of</source>
      <translation>&amp;Vor</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/operators.py" />
      <source>Further &amp;tensors</source>
      <translation>Weitere &amp;Tensoren</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/removing.py" />
      <source>Bypass or delete</source>
      <translation>Überbrücken oder löschen</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/editing/forms/removing.py" />
      <source>Bypass or delete {n} layers</source>
      <extracomment>For one: Bypass or delete {n} layer</extracomment>
      <translation>
        <numerusform>{n} Schicht überbrücken oder löschen</numerusform>
        <numerusform>{n} Schichten überbrücken oder löschen</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/removing.py" />
      <source>&amp;Bypass</source>
      <translation>&amp;Überbrücken</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/removing.py" />
      <source>&amp;Delete</source>
      <translation>&amp;Löschen</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/removing.py" />
      <source>Tensor that takes its place</source>
      <translation>Tensor, der an seine Stelle tritt</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/removing.py" />
      <source>What read its result reads this tensor instead:</source>
      <translation>Was ihr Ergebnis las, liest stattdessen diesen Tensor:</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/removing.py" />
      <source>What read its result reads '{name}' instead, and the graph still runs.</source>
      <translation>Was ihr Ergebnis las, liest stattdessen '{name}', und der Graph läuft weiter.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/removing.py" />
      <source>What read a layer's result reads its input instead.</source>
      <translation>Was das Ergebnis einer Schicht las, liest stattdessen ihren Eingang.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/removing.py" />
      <source>What read its result lacks an input until you connect it to something else.</source>
      <translation>Was ihr Ergebnis las, hat keinen Eingang, bis er anders verbunden wird.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/renaming.py" />
      <source>Rename tensor</source>
      <translation>Tensor umbenennen</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/renaming.py" />
      <source>Rename layer</source>
      <translation>Schicht umbenennen</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/renaming.py" />
      <source>Everything that reads it follows.</source>
      <translation>Alles, was ihn liest, folgt.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/renaming.py" />
      <source>Its tensors keep their names.</source>
      <translation>Ihre Tensoren behalten ihre Namen.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/renaming.py" />
      <source>New &amp;name</source>
      <translation>Neuer &amp;Name</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/renaming.py" />
      <source>This is its name already.</source>
      <translation>So heißt sie schon.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/value_table.py" />
      <source>value</source>
      <translation>Wert</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/values.py" />
      <source>Values</source>
      <translation>Werte</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/editing/forms/values.py" />
      <source>{n} values: load them from a file.</source>
      <extracomment>For one: {n} value: load it from a file.</extracomment>
      <translation>
        <numerusform>{n} Wert: aus einer Datei laden.</numerusform>
        <numerusform>{n} Werte: aus einer Datei laden.</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/values.py" />
      <source>Values of the tensor</source>
      <translation>Werte des Tensors</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/values.py" />
      <source>&amp;Load .npy…</source>
      <translation>.npy &amp;laden…</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/values.py" />
      <source>&amp;Save .npy…</source>
      <translation>.npy &amp;speichern…</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/values.py" />
      <source>No value is changed.</source>
      <translation>Kein Wert ist geändert.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/values.py" />
      <source>Load values</source>
      <translation>Werte laden</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/values.py" />
      <source>Arrays (*.npy)</source>
      <translation>Arrays (*.npy)</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/values.py" />
      <source>Save values</source>
      <translation>Werte speichern</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/values.py" />
      <source>saved as {name}</source>
      <translation>gespeichert als {name}</translation>
    </message>
    <message>
      <location filename="../../gui/editing/forms/values.py" />
      <source>a single number</source>
      <translation>eine einzelne Zahl</translation>
    </message>
    <message>
      <location filename="../../gui/editing/session.py" />
      <source>The graph is being worked on; try again in a moment.</source>
      <translation>Am Graphen wird gerade gearbeitet; gleich noch einmal versuchen.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/session.py" />
      <source>Preparing the graph for edits…</source>
      <translation>Graph wird für Änderungen vorbereitet…</translation>
    </message>
    <message>
      <location filename="../../gui/editing/session.py" />
      <source>{title}…</source>
      <translation>{title}…</translation>
    </message>
    <message>
      <location filename="../../gui/editing/session.py" />
      <source>The edits were taken back, or done again, all at once.</source>
      <translation>Die Änderungen wurden auf einmal zurückgenommen oder wiederholt.</translation>
    </message>
    <message>
      <location filename="../../gui/editing/session.py" />
      <source>Going through the edits…</source>
      <translation>Änderungen werden durchgegangen…</translation>
    </message>
    <message>
      <location filename="../../gui/editing/session.py" />
      <source>Looking at the graph…</source>
      <translation>Graph wird durchgesehen…</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/editing/session.py" />
      <source>{n} edits that were no revision yet are there again.</source>
      <extracomment>For one: {n} edit that was no revision yet is there again.</extracomment>
      <translation>
        <numerusform>{n} Änderung, die noch keine Revision war, ist wieder da.</numerusform>
        <numerusform>{n} Änderungen, die noch keine Revision waren, sind wieder da.</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/editing/session.py" />
      <source>The last: {said}.</source>
      <translation>Die letzte: {said}.</translation>
    </message>
    <message>
      <location filename="../../gui/error_reporter.py" />
      <source>error</source>
      <translation>Fehler</translation>
    </message>
    <message>
      <location filename="../../gui/error_reporter.py" />
      <source>warning</source>
      <translation>Warnung</translation>
    </message>
    <message>
      <location filename="../../gui/error_reporter.py" />
      <source>notice</source>
      <translation>Hinweis</translation>
    </message>
    <message>
      <location filename="../../gui/error_reporter.py" />
      <source>Thimble itself failed: {kind}: {message}</source>
      <translation>Thimble selbst ist gescheitert: {kind}: {message}</translation>
    </message>
    <message>
      <location filename="../../gui/error_reporter.py" />
      <source>Your revisions are safe. The report helps whoever mends it.</source>
      <translation>Die Revisionen sind sicher. Der Bericht hilft beim Beheben.</translation>
    </message>
    <message>
      <location filename="../../gui/error_reporter.py" />
      <source>no message</source>
      <translation>keine Meldung</translation>
    </message>
    <message>
      <location filename="../../gui/error_reporter.py" />
      <source>Message</source>
      <translation>Meldung</translation>
    </message>
    <message>
      <location filename="../../gui/error_reporter.py" />
      <source>Loo&amp;k at the report</source>
      <translation>Bericht ansehen</translation>
    </message>
    <message>
      <location filename="../../gui/error_reporter.py" />
      <source>Close this message (Esc)</source>
      <translation>Diese Meldung schließen (Esc)</translation>
    </message>
    <message>
      <location filename="../../gui/error_reporter.py" />
      <source>Close message</source>
      <translation>Meldung schließen</translation>
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>Export</source>
      <translation>Exportieren</translation>
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>Target</source>
      <translation>Ziel</translation>
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>&amp;Browse…</source>
      <translation>D&amp;urchsuchen…</translation>
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>Inputs for the proof</source>
      <translation>Eingaben für den Nachweis</translation>
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>the attached data ({name})</source>
      <translation>die verbundenen Daten ({name})</translation>
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>noise inside the input's range: checked, not proven</source>
      <translation>Rauschen im Bereich der Eingabe: geprüft, nicht bewiesen</translation>
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>&amp;Target</source>
      <translation>&amp;Ziel</translation>
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>&amp;File</source>
      <translation>&amp;Datei</translation>
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>&amp;Prove with</source>
      <translation>&amp;Prüfen mit</translation>
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>&amp;Export</source>
      <translation>&amp;Exportieren</translation>
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>Export &amp;another…</source>
      <translation>&amp;Weiterer Export…</translation>
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>&amp;Close</source>
      <translation>&amp;Schließen</translation>
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>The file is opened again in its own runtime and compared with this revision.</source>
      <translation>Die Datei wird in ihrer eigenen Laufzeit geöffnet und mit dieser Revision verglichen.</translation>
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>Export to</source>
      <translation>Exportieren nach</translation>
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>Name the file to write.</source>
      <translation>Die Datei angeben, die geschrieben werden soll.</translation>
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>'{path}' is a folder; name a file in it.</source>
      <translation>'{path}' ist ein Ordner; eine Datei darin angeben.</translation>
    </message>
    <message>
      <location filename="../../gui/export/dialog.py" />
      <source>starting</source>
      <translation>beginnt</translation>
    </message>
    <message>
      <location filename="../../gui/export/proof_view.py" />
      <source>Proof</source>
      <translation>Nachweis</translation>
    </message>
    <message>
      <location filename="../../gui/export/proof_view.py" />
      <source>Written file</source>
      <translation>Geschriebene Datei</translation>
    </message>
    <message>
      <location filename="../../gui/export/proof_view.py" />
      <source>Operators of the written file</source>
      <translation>Operatoren der geschriebenen Datei</translation>
    </message>
    <message>
      <location filename="../../gui/export/proof_view.py" />
      <source>Operator</source>
      <translation>Operator</translation>
    </message>
    <message>
      <location filename="../../gui/export/proof_view.py" />
      <source>Count</source>
      <translation>Anzahl</translation>
    </message>
    <message>
      <location filename="../../gui/export/proof_view.py" />
      <source>Open &amp;folder</source>
      <translation>&amp;Ordner öffnen</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/export/proof_view.py" />
      <source>{file}, {size} ({n} bytes)</source>
      <extracomment>For one: {file}, {size} ({n} byte)</extracomment>
      <translation>
        <numerusform>{file}, {size} ({n} Byte)</numerusform>
        <numerusform>{file}, {size} ({n} Bytes)</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>parameters</source>
      <translation>Parameter</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>peak memory</source>
      <translation>RAM-Spitze</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>weights</source>
      <translation>Gewichte</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>file</source>
      <translation>Datei</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>top-1</source>
      <translation>Top-1</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>change of top-1</source>
      <translation>Änderung von Top-1</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>top-5</source>
      <translation>Top-5</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>quantized layers</source>
      <translation>quantisierte Schichten</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>float layers</source>
      <translation>Float-Schichten</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>stored layers</source>
      <translation>gespeicherte Schichten</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>bits per weight</source>
      <translation>Bits je Gewicht</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>weight error</source>
      <translation>Fehler der Gewichte</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>agreement</source>
      <translation>Übereinstimmung</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>cosine</source>
      <translation>Kosinus</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>channels</source>
      <translation>Kanäle</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>largest range over median range</source>
      <translation>größter Bereich durch mittleren Bereich</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>change of top-1 against float</source>
      <translation>Änderung von Top-1 gegenüber Float</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>seconds</source>
      <translation>Sekunden</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>measured</source>
      <translation>gemessen</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>estimated</source>
      <translation>geschätzt</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>cited</source>
      <translation>zitiert</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>{figure} before</source>
      <translation>{figure} vorher</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>{figure} after</source>
      <translation>{figure} nachher</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>{figure}, plainly quantized</source>
      <translation>{figure}, einfach quantisiert</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>{figure} in float</source>
      <translation>{figure} in Float</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>Not measured.</source>
      <translation>Nicht gemessen.</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>{figure}, {how} on {what}</source>
      <translation>{figure}, {how} an: {what}</translation>
    </message>
    <message>
      <location filename="../../gui/figures.py" />
      <source>95 % interval {low} to {high}</source>
      <translation>95-%-Intervall {low} bis {high}</translation>
    </message>
    <message>
      <location filename="../../gui/graph_pane.py" />
      <source>Close this graph (Ctrl+Shift+B)</source>
      <translation>Diesen Graphen schließen (Strg+Umschalt+B)</translation>
    </message>
    <message>
      <location filename="../../gui/graph_pane.py" />
      <source>Close the second graph</source>
      <translation>Den zweiten Graphen schließen</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/breadcrumb.py" />
      <source>go to that block or layer</source>
      <translation>zu diesem Block oder dieser Schicht gehen</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/breadcrumb.py" />
      <source>open or close it, or go to a neighbour</source>
      <translation>öffnen oder schließen, oder zu einem Nachbarn gehen</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/breadcrumb.py" />
      <source>along the line</source>
      <translation>entlang der Zeile</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/breadcrumb.py" />
      <source>back to the graph</source>
      <translation>zurück zum Graphen</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/breadcrumb.py" />
      <source>Down: open or close it, or go to a neighbour.</source>
      <translation>Pfeil ab: öffnen oder schließen, oder zu einem Nachbarn gehen.</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/breadcrumb.py" />
      <source>Where in the model</source>
      <translation>Wo im Modell</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/breadcrumb.py" />
      <source>Blocks there is no room for</source>
      <translation>Blöcke, für die kein Platz ist</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/breadcrumb.py" />
      <source>Open all blocks</source>
      <translation>Alle Blöcke öffnen</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/breadcrumb.py" />
      <source>Close all blocks</source>
      <translation>Alle Blöcke schließen</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/breadcrumb.py" />
      <source>The whole model: go to its input</source>
      <translation>Das ganze Modell: zu seinem Eingang gehen</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/breadcrumb.py" />
      <source>Block {title}</source>
      <translation>Block {title}</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/breadcrumb.py" />
      <source>Close this block</source>
      <translation>Diesen Block schließen</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/breadcrumb.py" />
      <source>Open this block</source>
      <translation>Diesen Block öffnen</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/breadcrumb.py" />
      <source>{n} more; search finds them (Ctrl+F)</source>
      <translation>{n} weitere; die Suche findet sie (Strg+F)</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/breadcrumb.py" />
      <source>Go to this layer</source>
      <translation>Zu dieser Schicht gehen</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/breadcrumb.py" />
      <source>Layer {title}</source>
      <translation>Schicht {title}</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/channels.py" />
      <source>{before} → {after} channels; nothing is cut yet</source>
      <translation>{before} → {after} Kanäle; noch ist nichts geschnitten</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/channels.py" />
      <source>Channels stay: {reason}</source>
      <translation>Die Kanäle bleiben: {reason}</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/channels.py" />
      <source>Coupled: its channels live and die with those of the selected layer</source>
      <translation>Gekoppelt: ihre Kanäle leben und sterben mit denen der ausgewählten Schicht</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/diagram.py" />
      <source>holds</source>
      <translation>enthält</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/diagram.py" />
      <source>alike</source>
      <translation>gleich</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/diagram.py" />
      <source>{k} of {n} identical</source>
      <translation>{k} von {n} gleichen</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/diagram.py" />
      <source>params</source>
      <translation>Parameter</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/diagram.py" />
      <source>Block of {layers}; double click opens it.</source>
      <translation>Block mit {layers}; ein Doppelklick öffnet ihn.</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/diagram.py" />
      <source>The MACs of some of its layers are unknown.</source>
      <translation>Die MACs einiger seiner Schichten sind unbekannt.</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/far_picture.py" />
      <source>The whole graph, from the top down and then to the right. Click or Enter to go there, Esc to close.</source>
      <translation>Der ganze Graph, von oben nach unten und dann nach rechts. Klick oder Eingabe führt dorthin, Esc schließt.</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/frames.py" />
      <source>{layers} · {k} of {n} identical</source>
      <translation>{layers} · {k} von {n} gleichen</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/known_after.py" />
      <source>It is counted again when the edits become a revision.</source>
      <translation>Wird neu gezählt, wenn die Änderungen eine Revision werden.</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/known_after.py" />
      <source>The MACs of '{layer}' ({operator}) are unknown.</source>
      <translation>Die MACs von '{layer}' ({operator}) sind unbekannt.</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/minimap.py" />
      <source>grow, or go there at 100 %</source>
      <translation>vergrößern, oder dorthin bei 100 %</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/minimap.py" />
      <source>move what is in view</source>
      <translation>den Ausschnitt verschieben</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/minimap.py" />
      <source>Arrows</source>
      <translation>Pfeiltasten</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/minimap.py" />
      <source>back to its corner</source>
      <translation>zurück in die Ecke</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/minimap.py" />
      <source>Overview of the graph</source>
      <translation>Übersicht des Graphen</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/minimap.py" />
      <source>Click or drag to move the view; double-click to see all of the graph.</source>
      <translation>Klicken oder ziehen verschiebt die Ansicht; ein Doppelklick zeigt den ganzen Graphen.</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/minimap.py" />
      <source>In view: from {first:.0f} % to {last:.0f} % of the graph's height.</source>
      <translation>Im Blick: von {first:.0f} % bis {last:.0f} % der Höhe des Graphen.</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/picture.py" />
      <source>{layer}: {sentence}</source>
      <translation>{layer}: {sentence}</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/graph_view/picture.py" />
      <source>and {n} more</source>
      <extracomment>For one: and {n} more</extracomment>
      <translation>
        <numerusform>und {n} weitere</numerusform>
        <numerusform>und {n} weitere</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/selecting.py" />
      <source>Closed block {title}, {layers}; Enter opens it</source>
      <translation>Geschlossener Block {title}, {layers}; Eingabe öffnet ihn</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/selecting.py" />
      <source>Open block {title}, {about}; Enter closes it</source>
      <translation>Offener Block {title}, {about}; Eingabe schließt ihn</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/selecting.py" />
      <source>Selected: {names}</source>
      <translation>Gewählt: {names}</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/showing.py" />
      <source>Layers and the tensors between them; the layers table says the same as text.</source>
      <translation>Schichten und die Tensoren dazwischen; die Tabelle der Schichten sagt dasselbe als Text.</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/showing.py" />
      <source>Open a model: Ctrl+O, or drop a file here</source>
      <translation>Ein Modell öffnen: Strg+O, oder eine Datei hierher ziehen</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/showing.py" />
      <source>Laying out the graph…</source>
      <translation>Graph wird angeordnet…</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/tensors.py" />
      <source>next tensor of the layer: outputs, then inputs</source>
      <translation>nächster Tensor der Schicht: erst Ausgaben, dann Eingaben</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/tensors.py" />
      <source>previous tensor of the layer</source>
      <translation>voriger Tensor der Schicht</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/tensors.py" />
      <source>follow the tensor to its reader, then to the next one</source>
      <translation>dem Tensor zu seinem Leser folgen, dann zum nächsten</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/tensors.py" />
      <source>follow the tensor back to the layer that makes it</source>
      <translation>dem Tensor zu der Schicht folgen, die ihn erzeugt</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/tensors.py" />
      <source>let go of the tensor, then of the layers</source>
      <translation>erst den Tensor loslassen, dann die Schichten</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/tensors.py" />
      <source>open or close the selected block; with Ctrl all identical ones</source>
      <translation>den gewählten Block öffnen oder schließen; mit Strg alle gleichen</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/tensors.py" />
      <source>out to the block around what is selected</source>
      <translation>hinaus zum Block um das Gewählte</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/tensors.py" />
      <source>unknown type</source>
      <translation>unbekannter Typ</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/tensors.py" />
      <source>from {layer}</source>
      <translation>von {layer}</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/tensors.py" />
      <source>to {layer}</source>
      <translation>zu {layer}</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/tensors.py" />
      <source>Tensor {name} · {kind}</source>
      <translation>Tensor {name} · {kind}</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/tensors.py" />
      <source>Tensor {name}, {kind}, from {source} to {goal}</source>
      <translation>Tensor {name}, {kind}, von {source} zu {goal}</translation>
    </message>
    <message>
      <location filename="../../gui/graph_view/view.py" />
      <source>Graph</source>
      <translation>Graph</translation>
    </message>
    <message>
      <location filename="../../gui/history/model.py" />
      <source>Size</source>
      <translation>Größe</translation>
    </message>
    <message>
      <location filename="../../gui/history/model.py" />
      <source>Step</source>
      <translation>Schritt</translation>
    </message>
    <message>
      <location filename="../../gui/history/model.py" />
      <source>Revision {number}: {title}</source>
      <translation>Revision {number}: {title}</translation>
    </message>
    <message>
      <location filename="../../gui/history/model.py" />
      <source>from revision {number}</source>
      <translation>aus Revision {number}</translation>
    </message>
    <message>
      <location filename="../../gui/history/model.py" />
      <source>current</source>
      <translation>aktuell</translation>
    </message>
    <message>
      <location filename="../../gui/history/model.py" />
      <source>unfinished</source>
      <translation>unfertig</translation>
    </message>
    <message>
      <location filename="../../gui/history/model.py" />
      <source>{change} against revision {number}.</source>
      <translation>{change} gegen Revision {number}.</translation>
    </message>
    <message>
      <location filename="../../gui/history/revision_tree.py" />
      <source>Revisions</source>
      <translation>Revisionen</translation>
    </message>
    <message>
      <location filename="../../gui/history/revision_tree.py" />
      <source>No model is open.</source>
      <translation>Kein Modell ist offen.</translation>
    </message>
    <message>
      <location filename="../../gui/history/revision_tree.py" />
      <source>Every act becomes a revision here: nothing is overwritten.</source>
      <translation>Jede Aktion wird hier eine Revision: Nichts wird überschrieben.</translation>
    </message>
    <message>
      <location filename="../../gui/history/revision_tree.py" />
      <source>&amp;Go to this revision</source>
      <translation>Zu dieser Revision &amp;gehen</translation>
    </message>
    <message>
      <location filename="../../gui/history/revision_tree.py" />
      <source>&amp;Compare with the current revision</source>
      <translation>Mit der aktuellen &amp;vergleichen</translation>
    </message>
    <message>
      <location filename="../../gui/history/revision_tree.py" />
      <source>Re&amp;play this step on the current revision</source>
      <translation>Diesen Schritt auf der aktuellen &amp;wiederholen</translation>
    </message>
    <message>
      <location filename="../../gui/history/revision_tree.py" />
      <source>Does the same again, with the same settings, as a new revision.</source>
      <translation>Tut dasselbe noch einmal, mit den gleichen Einstellungen, als neue Revision.</translation>
    </message>
    <message>
      <location filename="../../gui/history/revision_tree.py" />
      <source>Show its &amp;report…</source>
      <translation>&amp;Bericht zeigen…</translation>
    </message>
    <message>
      <location filename="../../gui/history/revision_tree.py" />
      <source>Re&amp;name…</source>
      <translation>&amp;Umbenennen…</translation>
    </message>
    <message>
      <location filename="../../gui/history/revision_tree.py" />
      <source>Write another title (F2).</source>
      <translation>Einen anderen Titel schreiben (F2).</translation>
    </message>
    <message>
      <location filename="../../gui/history/revision_tree.py" />
      <source>&amp;Forget this branch…</source>
      <translation>Diesen &amp;Zweig vergessen…</translation>
    </message>
    <message>
      <location filename="../../gui/history/revision_tree.py" />
      <source>Only revisions that the current one does not stand on can be forgotten.</source>
      <translation>Nur Revisionen, auf denen die aktuelle nicht aufbaut, lassen sich vergessen.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>with</source>
      <translation>mit</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>passed by</source>
      <translation>weiter durch</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>read by</source>
      <translation>gelesen von</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>heads of attention</source>
      <translation>Attention-Köpfe</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>hidden width</source>
      <translation>innere Breite</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>makes its channels</source>
      <translation>erzeugt ihre Kanäle</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>carries its channels on</source>
      <translation>gibt ihre Kanäle weiter</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>reads its channels</source>
      <translation>liest ihre Kanäle</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>Channel group</source>
      <translation>Kanalgruppe</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>Let these channels be pruned again</source>
      <translation>Diese Kanäle wieder zum Pruning freigeben</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>Keep these channels when pruning</source>
      <translation>Diese Kanäle beim Pruning behalten</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>Unlock</source>
      <translation>Freigeben</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>Lock</source>
      <translation>Sperren</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>Finding channel groups…</source>
      <translation>Kanalgruppen werden gesucht…</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>This layer has no channels that pruning knows.</source>
      <translation>Diese Schicht hat keine Kanäle, die das Pruning kennt.</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/inspector/channels_section.py" />
      <source>and {n} more groups</source>
      <extracomment>For one: and {n} more group</extracomment>
      <translation>
        <numerusform>und {n} weitere Gruppe</numerusform>
        <numerusform>und {n} weitere Gruppen</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>{channels} in {units} units</source>
      <translation>{channels} in {units} Einheiten</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>They are ranked and removed together.</source>
      <translation>Sie werden zusammen bewertet und entfernt.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>kind</source>
      <translation>Art</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>stay</source>
      <translation>bleiben</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>locked by you at {layer}</source>
      <translation>von Ihnen gesperrt bei {layer}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>all</source>
      <translation>alle</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>{count}: {reason}</source>
      <translation>{count}: {reason}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/channels_section.py" />
      <source>Go to {layer}</source>
      <translation>Zu {layer} gehen</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/costs.py" />
      <source>Estimated from the graph, nothing was run.</source>
      <translation>Aus dem Graphen geschätzt, nichts wurde ausgeführt.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/costs.py" />
      <source>Unknown.</source>
      <translation>Unbekannt.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/costs.py" />
      <source>, {share} % of the model</source>
      <translation>, {share} % des Modells</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/costs.py" />
      <source>{size}  here</source>
      <translation>{size}  hier</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/costs.py" />
      <source>{n} bytes of activations are alive at once at {where}, for a batch of {batch}; weights do not count.</source>
      <translation>Bei {where} leben {n} Bytes an Aktivierungen gleichzeitig, Batch {batch}; Gewichte zählen nicht.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/costs.py" />
      <source>{n} others</source>
      <translation>{n} andere</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/costs.py" />
      <source>operator</source>
      <translation>Operator</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/costs.py" />
      <source>layers</source>
      <translation>Schichten</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/describe.py" />
      <source>the function's '{name}'</source>
      <translation>'{name}' der Funktion</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/describe.py" />
      <source>tensor {shape}</source>
      <translation>Tensor {shape}</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/inspector/describe.py" />
      <source>a graph of {n} nodes</source>
      <extracomment>For one: a graph of {n} node</extracomment>
      <translation>
        <numerusform>ein Graph mit {n} Knoten</numerusform>
        <numerusform>ein Graph mit {n} Knoten</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/inspector/describe.py" />
      <source>none</source>
      <translation>keine</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/examine.py" />
      <source>The tensor cannot be read: {reason}.</source>
      <translation>Der Tensor lässt sich nicht lesen: {reason}.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>Repair…</source>
      <translation>Reparieren…</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>Cost</source>
      <translation>Kosten</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>Explain the inputs</source>
      <translation>Eingänge erklären</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>Inputs</source>
      <translation>Eingänge</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>Outputs</source>
      <translation>Ausgänge</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>Explain the outputs</source>
      <translation>Ausgänge erklären</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>Edit…</source>
      <translation>Ändern…</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>Edit the values of {name}</source>
      <translation>Werte von {name} ändern</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>In the block {path}</source>
      <translation>Im Block {path}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source> of '{domain}'</source>
      <translation> aus '{domain}'</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>No description of this operator{domain} is at hand.</source>
      <translation>Zu diesem Operator{domain} liegt keine Beschreibung vor.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>defined in</source>
      <translation>definiert in</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>opset {n}</source>
      <translation>Opset {n}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>About {operator}</source>
      <translation>Über {operator}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>Explain the attributes</source>
      <translation>Attribute erklären</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>Edit the attributes</source>
      <translation>Attribute ändern</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>{value}  (default)</source>
      <translation>{value}  (Standard)</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>Not in the file; the operator’s default.</source>
      <translation>Nicht in der Datei; der Standard des Operators.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>made by</source>
      <translation>erzeugt von</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>the model's input</source>
      <translation>Eingang des Modells</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>Only stored tensors, which follow below.</source>
      <translation>Nur gespeicherte Tensoren, siehe unten.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>stored, below</source>
      <translation>gespeichert, unten</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>the model's output</source>
      <translation>Ausgang des Modells</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>read by nobody</source>
      <translation>von niemandem gelesen</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>tensor {name}</source>
      <translation>Tensor {name}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>Look at the tensor {name}</source>
      <translation>Den Tensor {name} ansehen</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/layer_page.py" />
      <source>unknown shape</source>
      <translation>Form unbekannt</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/model_page.py" />
      <source>Select a layer to see its attributes and weights. Ctrl+click adds another, arrow keys walk on.</source>
      <translation>Eine Schicht wählen, um ihre Attribute und Gewichte zu sehen. Strg+Klick nimmt weitere hinzu, Pfeiltasten gehen weiter.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/model_page.py" />
      <source>{n} bytes of stored tensors.</source>
      <translation>{n} Bytes gespeicherter Tensoren.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/model_page.py" />
      <source>Without constants, which belong to the layers that use them.</source>
      <translation>Ohne Konstanten, die zu den Schichten gehören, die sie verwenden.</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/inspector/model_page.py" />
      <source>{n} layers are unusual</source>
      <extracomment>For one: {n} layer is unusual</extracomment>
      <translation>
        <numerusform>{n} Schicht ist ungewöhnlich</numerusform>
        <numerusform>{n} Schichten sind ungewöhnlich</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/inspector/model_page.py" />
      <source>marked</source>
      <translation>markiert</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/model_page.py" />
      <source>Each says why when it is selected.</source>
      <translation>Jede sagt, warum, wenn sie gewählt ist.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/model_page.py" />
      <source>classes</source>
      <translation>Klassen</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/inspector/model_page.py" />
      <source>{n} names</source>
      <extracomment>For one: {n} name</extracomment>
      <translation>
        <numerusform>{n} Name</numerusform>
        <numerusform>{n} Namen</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/inspector/model_page.py" />
      <source>opset</source>
      <translation>Opset</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/model_page.py" />
      <source>producer</source>
      <translation>Erzeuger</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/model_page.py" />
      <source>IR version</source>
      <translation>IR-Version</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/model_page.py" />
      <source>functions</source>
      <translation>Funktionen</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/model_page.py" />
      <source>Layers that are graphs of their own.</source>
      <translation>Schichten, die selbst Graphen sind.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/model_page.py" />
      <source>own preprocessing</source>
      <translation>eigene Vorverarbeitung</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/model_page.py" />
      <source>Preprocessing: {steps}.</source>
      <translation>Vorverarbeitung: {steps}.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/model_page.py" />
      <source>No preprocessing steps.</source>
      <translation>Keine Schritte der Vorverarbeitung.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/operator_text.py" />
      <source>Required.</source>
      <translation>Nötig.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/operator_text.py" />
      <source>Optional.</source>
      <translation>Wahlfrei.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/operator_text.py" />
      <source>Any number of them.</source>
      <translation>Beliebig viele.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/operator_text.py" />
      <source>Types ({name}): {types}</source>
      <translation>Typen ({name}): {types}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/operator_text.py" />
      <source> and {n} more</source>
      <translation> und {n} weitere</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_body.py" />
      <source>Strongest first</source>
      <translation>Stärkste zuerst</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_body.py" />
      <source>Sort the maps by their mean</source>
      <translation>Die Karten nach ihrem Mittelwert ordnen</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_body.py" />
      <source>One scale</source>
      <translation>Eine Skala</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_body.py" />
      <source>Black and white mean the same in all maps</source>
      <translation>Schwarz und Weiß bedeuten in allen Karten dasselbe</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/inspector/output_body.py" />
      <source>{n} values</source>
      <extracomment>For one: {n} value</extracomment>
      <translation>
        <numerusform>{n} Wert</numerusform>
        <numerusform>{n} Werte</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/inspector/output_body.py" />
      <source>{n} maps of {h} × {w}</source>
      <extracomment>For one: {n} map of {h} × {w}</extracomment>
      <translation>
        <numerusform>{n} Karte zu {h} × {w}</numerusform>
        <numerusform>{n} Karten zu {h} × {w}</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_body.py" />
      <source>{k} of {maps}</source>
      <translation>{k} von {maps}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_body.py" />
      <source>value {k}: {value}</source>
      <translation>Wert {k}: {value}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_body.py" />
      <source>Feature maps</source>
      <translation>Merkmalskarten</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_body.py" />
      <source>channel {c}: mean {mean}, {low} … {high}</source>
      <translation>Kanal {c}: Mittelwert {mean}, {low} … {high}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_body.py" />
      <source>{told}, zeros {zeros}</source>
      <translation>{told}, Nullen {zeros}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>Output for a picture</source>
      <translation>Ausgabe zu einem Bild</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>Which output</source>
      <translation>Welcher Ausgang</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>item '{item}' of {data}</source>
      <translation>Eintrag '{item}' aus {data}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>'{name}'</source>
      <translation>'{name}'</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>nothing was run: it is the prepared item itself</source>
      <translation>nichts wurde ausgeführt: Es ist der vorbereitete Eintrag selbst</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>preparation: {name}</source>
      <translation>Vorbereitung: {name}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>Measured for {what}; {how}; {runtime}.</source>
      <translation>Gemessen für {what}; {how}; {runtime}.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>The graph has edits that no revision holds yet.</source>
      <translation>Der Graph hat Änderungen, die noch in keiner Revision stehen.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>Keep them and run</source>
      <translation>Behalten und ausführen</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>Choose a picture to see what this layer makes of it, or drop one here.</source>
      <translation>Ein Bild wählen, um zu sehen, was diese Schicht daraus macht, oder hierher ziehen.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>Running…</source>
      <translation>Läuft…</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>No picture chosen</source>
      <translation>Kein Bild gewählt</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>as it is stored</source>
      <translation>wie gespeichert</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>The model does not say how its inputs are prepared.</source>
      <translation>Das Modell sagt nicht, wie seine Eingaben vorbereitet werden.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>scalar</source>
      <translation>Skalar</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>Mean and standard deviation.</source>
      <translation>Mittelwert und Standardabweichung.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>  NaN or Inf {share}</source>
      <translation>  NaN oder Inf {share}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>Share of values that are exactly zero.</source>
      <translation>Anteil der Werte, die genau null sind.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>not quantized</source>
      <translation>nicht quantisiert</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>Values at or beyond the ends of the integers they are quantized to; zeros do not count.</source>
      <translation>Werte am Ende oder jenseits der Ganzzahlen, auf die quantisiert wird; Nullen zählen nicht.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>, scale {s}</source>
      <translation>, Skala {s}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>top {n}</source>
      <translation>erste {n}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>shape</source>
      <translation>Form</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>range</source>
      <translation>Bereich</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>mean</source>
      <translation>Mittelwert</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>zeros</source>
      <translation>Nullen</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>saturated</source>
      <translation>gesättigt</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>Choose…</source>
      <translation>Wählen…</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>The picture before</source>
      <translation>Das vorige Bild</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>The next picture</source>
      <translation>Das nächste Bild</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/output_panel.py" />
      <source>Choose an item of the data, or open a picture</source>
      <translation>Einen Eintrag der Daten wählen oder ein Bild öffnen</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/picture_choice.py" />
      <source>Choose a picture</source>
      <translation>Ein Bild wählen</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/picture_choice.py" />
      <source>From {data}</source>
      <translation>Aus {data}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/picture_choice.py" />
      <source>Attach data (Ctrl+D) to choose from its items.</source>
      <translation>Daten verbinden (Strg+D), um aus ihren Einträgen zu wählen.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/picture_choice.py" />
      <source>&amp;Open a picture…</source>
      <translation>Bild ö&amp;ffnen…</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/picture_choice.py" />
      <source>Items of the data</source>
      <translation>Einträge der Daten</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/plots.py" />
      <source>Histogram of values from {low} to {high}</source>
      <translation>Histogramm der Werte von {low} bis {high}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/plots.py" />
      <source>Ranges of {n} channels</source>
      <translation>Bereiche von {n} Kanälen</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/plots.py" />
      <source>Sorted norms of {n} channels</source>
      <translation>Sortierte Normen von {n} Kanälen</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/plots.py" />
      <source>strongest</source>
      <translation>stärkster</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/plots.py" />
      <source>weakest</source>
      <translation>schwächster</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/plots.py" />
      <source>Bars of {n} values</source>
      <translation>Balken von {n} Werten</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>Quantization</source>
      <translation>Quantisierung</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>Change…</source>
      <translation>Ändern…</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>Quantize this layer otherwise</source>
      <translation>Diese Schicht anders quantisieren</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>Quantize these layers otherwise</source>
      <translation>Diese Schichten anders quantisieren</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>This layer runs in float.</source>
      <translation>Diese Schicht rechnet in float.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>{bits} bits, with a sign</source>
      <translation>{bits} Bit, mit Vorzeichen</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>{bits} bits, no sign</source>
      <translation>{bits} Bit, ohne Vorzeichen</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>symmetric</source>
      <translation>symmetrisch</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>tensor</source>
      <translation>Tensor</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>{scale}, zero point {zero}</source>
      <translation>{scale}, Nullpunkt {zero}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>scale</source>
      <translation>Skala</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>A real number is (integer − zero point) × scale.</source>
      <translation>Eine reelle Zahl ist (ganze Zahl − Nullpunkt) × Skala.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>What lies beyond it is cut off.</source>
      <translation>Was darüber hinausgeht, wird abgeschnitten.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>range from</source>
      <translation>Bereich von</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>Who chose the range.</source>
      <translation>Wer den Bereich gewählt hat.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>at the ends</source>
      <translation>am Rand</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>Share of the integers that are the largest of their type.</source>
      <translation>Anteil der ganzen Zahlen, die die größten ihres Typs sind.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>Integers by output channel; channel {c} uses the least, {k} of {n}.</source>
      <translation>Ganze Zahlen je Ausgangskanal; Kanal {c} nutzt am wenigsten, {k} von {n}.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>Integers by output channel; every channel uses all {n}.</source>
      <translation>Ganze Zahlen je Ausgangskanal; jeder Kanal nutzt alle {n}.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>channel {c}: {low} … {high}</source>
      <translation>Kanal {c}: {low} … {high}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>{words} Lines: the float weights before, in the same steps.</source>
      <translation>{words} Linien: die float-Gewichte davor, in denselben Stufen.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>{words} The float weights were scaled before rounding, so they have other steps.</source>
      <translation>{words} Die float-Gewichte wurden vor dem Runden skaliert und haben darum andere Stufen.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>float</source>
      <translation>float</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>layer</source>
      <translation>Schicht</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>result</source>
      <translation>Ergebnis</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>the operator, as runtimes demand</source>
      <translation>dem Operator, wie Laufzeiten es verlangen</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>the layers before, whose scale it shares</source>
      <translation>den Schichten davor, deren Skala sie teilt</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>the training</source>
      <translation>dem Training</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>a search at the network's output</source>
      <translation>einer Suche am Ausgang des Netzes</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>typed</source>
      <translation>eingegeben</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>lowest value typed, highest from calibration: {calibrator}</source>
      <translation>kleinster Wert eingegeben, größter aus der Kalibrierung: {calibrator}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>highest value typed, lowest from calibration: {calibrator}</source>
      <translation>größter Wert eingegeben, kleinster aus der Kalibrierung: {calibrator}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>calibration: {calibrator}</source>
      <translation>Kalibrierung: {calibrator}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>one scale</source>
      <translation>eine Skala</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>a scale for each {n}</source>
      <translation>eine Skala je {n}</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/inspector/quantization_section.py" />
      <source>{n} scales</source>
      <extracomment>For one: {n} scale</extracomment>
      <translation>
        <numerusform>{n} Skala</numerusform>
        <numerusform>{n} Skalen</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/inspector/rows.py" />
      <source>and {n} more layers</source>
      <extracomment>For one: and {n} more layer</extracomment>
      <translation>
        <numerusform>und {n} weitere Schicht</numerusform>
        <numerusform>und {n} weitere Schichten</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/inspector/sections.py" />
      <source>open</source>
      <translation>offen</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/sections.py" />
      <source>folded</source>
      <translation>eingeklappt</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/several_page.py" />
      <source>Cost, added up</source>
      <translation>Kosten, zusammen</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/inspector/several_page.py" />
      <source>block of {n} layers</source>
      <extracomment>For one: block of {n} layer</extracomment>
      <translation>
        <numerusform>Block mit {n} Schicht</numerusform>
        <numerusform>Block mit {n} Schichten</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/inspector/several_page.py" />
      <source>Identical blocks ({n})</source>
      <translation>Gleiche Blöcke ({n})</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/several_page.py" />
      <source>Blocks inside</source>
      <translation>Blöcke darin</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/several_page.py" />
      <source>{operator} {layer}</source>
      <translation>{operator} {layer}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/several_page.py" />
      <source>block {path}</source>
      <translation>Block {path}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/several_page.py" />
      <source>Go to the block {path}</source>
      <translation>Zum Block {path} gehen</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/tensor_page.py" />
      <source>Tensor</source>
      <translation>Tensor</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/tensor_page.py" />
      <source>From and to</source>
      <translation>Von und zu</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/tensor_page.py" />
      <source>name</source>
      <translation>Name</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/tensor_page.py" />
      <source>shape, type</source>
      <translation>Form, Typ</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/tensor_page.py" />
      <source>{n} bytes for a batch of 1, from its inferred shape.</source>
      <translation>{n} Bytes bei Batch 1, aus der abgeleiteten Form.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/tensor_page.py" />
      <source>bytes</source>
      <translation>Bytes</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/tensor_page.py" />
      <source>made by {layer}</source>
      <translation>erzeugt von {layer}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/tensor_page.py" />
      <source>stored in the file</source>
      <translation>in der Datei gespeichert</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/values_table.py" />
      <source>Values of {name}</source>
      <translation>Werte von {name}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/view.py" />
      <source>Inspector</source>
      <translation>Inspektor</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/view.py" />
      <source>Reading the graph…</source>
      <translation>Graph wird gelesen…</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>Weights · {name}</source>
      <translation>Gewichte · {name}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>Constant · {name}</source>
      <translation>Konstante · {name}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>shared with {layer}</source>
      <translation>geteilt mit {layer}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>Also read by {layer}</source>
      <translation>Auch gelesen von {layer}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>shared with</source>
      <translation>geteilt mit</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>{n} bytes in the file.</source>
      <translation>{n} Bytes in der Datei.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>computed on loading</source>
      <translation>beim Laden berechnet</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>Nodes make it from constants; the file does not hold it.</source>
      <translation>Knoten machen ihn aus Konstanten; die Datei enthält ihn nicht.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>Values below are real ones: (integer − zero point) × scale.</source>
      <translation>Die Werte unten sind echte: (Ganzzahl − Nullpunkt) × Skala.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>rounded by a quantization when run</source>
      <translation>beim Ausführen durch eine Quantisierung gerundet</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>empty</source>
      <translation>leer</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>cannot be read</source>
      <translation>nicht lesbar</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>dead</source>
      <translation>tot</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>no numbers</source>
      <translation>keine Zahlen</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>From every value.</source>
      <translation>Aus allen Werten.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>From a sample of {looked_at} of {count} values.</source>
      <translation>Aus einer Stichprobe von {looked_at} von {count} Werten.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>sample of {part} of {whole} values</source>
      <translation>Stichprobe von {part} von {whole} Werten</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source> (sample)</source>
      <translation> (Stichprobe)</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/inspector/weights_section.py" />
      <source>ranges of {n} output channels</source>
      <extracomment>For one: range of {n} output channel</extracomment>
      <translation>
        <numerusform>Bereich von {n} Ausgangskanal</numerusform>
        <numerusform>Bereiche von {n} Ausgangskanälen</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>90 % of the squared weights in {k} of {n} channels</source>
      <translation>90 % der quadrierten Gewichte in {k} von {n} Kanälen</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>Sorted L2 norms, filled, and L1 norms, thin: how steeply they fall says how many channels matter.</source>
      <translation>Sortierte L2-Normen, gefüllt, und L1-Normen, dünn: Wie steil sie fallen, sagt, wie viele Kanäle zählen.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>Channels whose weights are all exactly zero.</source>
      <translation>Kanäle, deren Gewichte alle genau null sind.</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>place {k}: channel {c}, L2 {l2}, L1 {l1}</source>
      <translation>Platz {k}: Kanal {c}, L2 {l2}, L1 {l1}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>none of {n}</source>
      <translation>keiner von {n}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>{k} of {n}: {names}</source>
      <translation>{k} von {n}: {names}</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>Show values</source>
      <translation>Werte zeigen</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>Show the values of {name}</source>
      <translation>Werte von {name} zeigen</translation>
    </message>
    <message>
      <location filename="../../gui/inspector/weights_section.py" />
      <source>Hide values</source>
      <translation>Werte verbergen</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>Waiting</source>
      <translation>Wartet</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>Running</source>
      <translation>Läuft</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>Ending…</source>
      <translation>Wird beendet…</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>Stopping…</source>
      <translation>Wird abgebrochen…</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>✓ Done</source>
      <translation>✓ Fertig</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>✕ Failed</source>
      <translation>✕ Gescheitert</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>Cancelled</source>
      <translation>Abgebrochen</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>Progress of {title}</source>
      <translation>Fortschritt: {title}</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>Cancel</source>
      <translation>Abbrechen</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>Cancel {title}</source>
      <translation>{title} abbrechen</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>Stop this job and drop what it did (Del)</source>
      <translation>Diesen Auftrag abbrechen und verwerfen, was er getan hat (Entf)</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>Stop and keep the best</source>
      <translation>Beenden, Bestes behalten</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>Stop {title} and keep the best so far</source>
      <translation>{title} beenden und das bisher Beste behalten</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>End the training now; the best weights so far become a revision.</source>
      <translation>Das Training jetzt beenden; die bisher besten Gewichte werden eine Revision.</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/job_row.py" />
      <source>{left} left</source>
      <translation>noch {left}</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/panel.py" />
      <source>This job was interrupted. Resume goes on where it was, with the same result as without a pause.</source>
      <translation>Dieser Auftrag wurde unterbrochen. Fortsetzen macht dort weiter, mit demselben Ergebnis wie ohne Pause.</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/panel.py" />
      <source>Jobs</source>
      <translation>Aufträge</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/panel.py" />
      <source>This job has written nothing.</source>
      <translation>Dieser Auftrag hat nichts geschrieben.</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/panel.py" />
      <source>Log of the chosen job</source>
      <translation>Protokoll des gewählten Auftrags</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/panel.py" />
      <source>The chosen job</source>
      <translation>Der gewählte Auftrag</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/panel.py" />
      <source>Log</source>
      <translation>Protokoll</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/panel.py" />
      <source>No jobs yet.</source>
      <translation>Noch keine Aufträge.</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/panel.py" />
      <source>Choose an act from the Train, Prune or Quantize menu.</source>
      <translation>Eine Aktion aus den Menüs Training, Pruning oder Quantisieren wählen.</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/running_job.py" />
      <source>keeping the best so far</source>
      <translation>das bisher Beste wird behalten</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/running_job.py" />
      <source>stopping</source>
      <translation>wird abgebrochen</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/unfinished_row.py" />
      <source>Resume</source>
      <translation>Fortsetzen</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/unfinished_row.py" />
      <source>Resume {title}</source>
      <translation>{title} fortsetzen</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/unfinished_row.py" />
      <source>Go on where this job was stopped.</source>
      <translation>Dort weitermachen, wo dieser Auftrag angehalten wurde.</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/unfinished_row.py" />
      <source>Discard</source>
      <translation>Verwerfen</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/unfinished_row.py" />
      <source>Discard {title}</source>
      <translation>{title} verwerfen</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/unfinished_row.py" />
      <source>Delete what was done so far; the revisions stay.</source>
      <translation>Das bisher Getane löschen; die Revisionen bleiben.</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/unfinished_row.py" />
      <source>d MMMM, HH:mm</source>
      <translation>d. MMMM, HH:mm</translation>
    </message>
    <message>
      <location filename="../../gui/jobs/unfinished_row.py" />
      <source>Interrupted at {share:.0f} % · {when} · step {steps:,} of {total:,}</source>
      <translation>Unterbrochen bei {share:.0f} % · {when} · Schritt {steps:,} von {total:,}</translation>
    </message>
    <message>
      <location filename="../../gui/layers_table/columns.py" />
      <source>{count} MACs for one item, estimated from the graph</source>
      <translation>{count} MACs je Eintrag, aus dem Graphen geschätzt</translation>
    </message>
    <message>
      <location filename="../../gui/layers_table/columns.py" />
      <source>{count} parameters, estimated from the graph.</source>
      <translation>{count} Parameter, aus dem Graphen geschätzt.</translation>
    </message>
    <message>
      <location filename="../../gui/layers_table/columns.py" />
      <source>The shape cannot be known without running the model.</source>
      <translation>Die Form lässt sich ohne Ausführen des Modells nicht wissen.</translation>
    </message>
    <message>
      <location filename="../../gui/layers_table/columns.py" />
      <source>Layer</source>
      <translation>Schicht</translation>
    </message>
    <message>
      <location filename="../../gui/layers_table/columns.py" />
      <source>Name of the layer in the file</source>
      <translation>Name der Schicht in der Datei</translation>
    </message>
    <message>
      <location filename="../../gui/layers_table/columns.py" />
      <source>ONNX operator</source>
      <translation>ONNX-Operator</translation>
    </message>
    <message>
      <location filename="../../gui/layers_table/columns.py" />
      <source>Output</source>
      <translation>Ausgang</translation>
    </message>
    <message>
      <location filename="../../gui/layers_table/columns.py" />
      <source>Shape of the first output, a symbolic batch counted as 1; estimated from the graph</source>
      <translation>Form des ersten Ausgangs, ein symbolischer Batch als 1 gezählt; aus dem Graphen geschätzt</translation>
    </message>
    <message>
      <location filename="../../gui/layers_table/columns.py" />
      <source>Trained numbers: weights, biases, scales and shifts; estimated from the graph</source>
      <translation>Trainierte Zahlen: Gewichte, Biaswerte, Skalen und Verschiebungen; aus dem Graphen geschätzt</translation>
    </message>
    <message>
      <location filename="../../gui/layers_table/columns.py" />
      <source>Multiplications with addition for one item; estimated from the graph</source>
      <translation>Multiplikationen mit Addition je Eintrag; aus dem Graphen geschätzt</translation>
    </message>
    <message>
      <location filename="../../gui/layers_table/columns.py" />
      <source>{count} bytes of stored tensors, estimated from the graph</source>
      <translation>{count} Bytes gespeicherter Tensoren, aus dem Graphen geschätzt</translation>
    </message>
    <message>
      <location filename="../../gui/layers_table/columns.py" />
      <source>Bytes of the tensors stored for the layer; estimated from the graph</source>
      <translation>Bytes der für die Schicht gespeicherten Tensoren; aus dem Graphen geschätzt</translation>
    </message>
    <message>
      <location filename="../../gui/layers_table/columns.py" />
      <source>Block</source>
      <translation>Block</translation>
    </message>
    <message>
      <location filename="../../gui/layers_table/columns.py" />
      <source>The blocks around the layer, outermost first, as the names say</source>
      <translation>Die Blöcke um die Schicht, der äußerste zuerst, wie die Namen es sagen</translation>
    </message>
    <message>
      <location filename="../../gui/layers_table/columns.py" />
      <source>Type</source>
      <translation>Typ</translation>
    </message>
    <message>
      <location filename="../../gui/layers_table/columns.py" />
      <source>Type of the first output</source>
      <translation>Typ des ersten Ausgangs</translation>
    </message>
    <message>
      <location filename="../../gui/layers_table/columns.py" />
      <source>This layer does not have the figure.</source>
      <translation>Diese Schicht hat die Zahl nicht.</translation>
    </message>
    <message>
      <location filename="../../gui/layers_table/table.py" />
      <source>Colour the graph by {figure}</source>
      <translation>Den Graphen nach {figure} färben</translation>
    </message>
    <message>
      <location filename="../../gui/layers_table/view.py" />
      <source>Filter by name or operator</source>
      <translation>Nach Name oder Operator filtern</translation>
    </message>
    <message>
      <location filename="../../gui/layers_table/view.py" />
      <source>Filter layers</source>
      <translation>Schichten filtern</translation>
    </message>
    <message>
      <location filename="../../gui/layers_table/view.py" />
      <source>Columns</source>
      <translation>Spalten</translation>
    </message>
    <message>
      <location filename="../../gui/layers_table/view.py" />
      <source>Which columns are shown</source>
      <translation>Welche Spalten zu sehen sind</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/layers_table/view.py" />
      <source>{shown} of {n} layers</source>
      <extracomment>For one: {shown} of {n} layer</extracomment>
      <translation>
        <numerusform>{shown} von {n} Schicht</numerusform>
        <numerusform>{shown} von {n} Schichten</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/main_window.py" />
      <source>Views of the model</source>
      <translation>Ansichten des Modells</translation>
    </message>
    <message>
      <location filename="../../gui/main_window.py" />
      <source>&amp;Graph</source>
      <translation>&amp;Graph</translation>
    </message>
    <message>
      <location filename="../../gui/main_window.py" />
      <source>&amp;Layers</source>
      <translation>S&amp;chichten</translation>
    </message>
    <message>
      <location filename="../../gui/main_window.py" />
      <source>Co&amp;mpare</source>
      <translation>Verg&amp;leich</translation>
    </message>
    <message>
      <location filename="../../gui/menus.py" />
      <source>Write a {suffix} file and prove it.</source>
      <translation>Eine {suffix}-Datei schreiben und nachweisen, dass sie stimmt.</translation>
    </message>
    <message>
      <location filename="../../gui/menus.py" />
      <source>&amp;Panels</source>
      <translation>Be&amp;reiche</translation>
    </message>
    <message>
      <location filename="../../gui/menus.py" />
      <source>&amp;Next panel</source>
      <translation>&amp;Nächster Bereich</translation>
    </message>
    <message>
      <location filename="../../gui/menus.py" />
      <source>Pre&amp;vious panel</source>
      <translation>&amp;Voriger Bereich</translation>
    </message>
    <message>
      <location filename="../../gui/menus.py" />
      <source>Languag&amp;e</source>
      <translation>Spr&amp;ache</translation>
    </message>
    <message>
      <location filename="../../gui/menus.py" />
      <source>Language of the &amp;system</source>
      <translation>Sprache des &amp;Systems</translation>
    </message>
    <message>
      <location filename="../../gui/menus.py" />
      <source>&amp;Recent projects</source>
      <translation>Zule&amp;tzt geöffnet</translation>
    </message>
    <message>
      <location filename="../../gui/menus.py" />
      <source>No recent projects</source>
      <translation>Keine zuletzt geöffneten Projekte</translation>
    </message>
    <message>
      <location filename="../../gui/netron_view/page.py" />
      <source>Netron is not installed.</source>
      <translation>Netron ist nicht installiert.</translation>
    </message>
    <message>
      <location filename="../../gui/netron_view/page.py" />
      <source>Install the right one: {command}</source>
      <translation>Das richtige installieren: {command}</translation>
    </message>
    <message>
      <location filename="../../gui/netron_view/page.py" />
      <source>Netron's page cannot be read.</source>
      <translation>Die Seite von Netron lässt sich nicht lesen.</translation>
    </message>
    <message>
      <location filename="../../gui/netron_view/page.py" />
      <source>The installed Netron is not the one that Thimble knows to keep offline.</source>
      <translation>Das installierte Netron ist nicht das, von dem Thimble weiß, dass es ohne Netz bleibt.</translation>
    </message>
    <message>
      <location filename="../../gui/netron_view/session.py" />
      <source>&amp;Netron</source>
      <translation>&amp;Netron</translation>
    </message>
    <message>
      <location filename="../../gui/netron_view/session.py" />
      <source>Close Netron</source>
      <translation>Netron schließen</translation>
    </message>
    <message>
      <location filename="../../gui/netron_view/tab.py" />
      <source>Netron</source>
      <translation>Netron</translation>
    </message>
    <message>
      <location filename="../../gui/netron_view/tab.py" />
      <source>Save Netron's picture</source>
      <translation>Bild aus Netron speichern</translation>
    </message>
    <message>
      <location filename="../../gui/new/details.py" />
      <source>peak activation memory</source>
      <translation>RAM-Spitze der Aktivierungen</translation>
    </message>
    <message>
      <location filename="../../gui/new/details.py" />
      <source>Those of your parameters are counted when the network is made.</source>
      <translation>Mit den gewählten Parametern wird beim Erstellen gezählt.</translation>
    </message>
    <message>
      <location filename="../../gui/new/details.py" />
      <source>Top-1, 8 bits</source>
      <translation>Top-1, 8 Bit</translation>
    </message>
    <message>
      <location filename="../../gui/new/details.py" />
      <source>Latency</source>
      <translation>Latenz</translation>
    </message>
    <message>
      <location filename="../../gui/new/details.py" />
      <source>Estimated: {how}.</source>
      <translation>Geschätzt: {how}.</translation>
    </message>
    <message>
      <location filename="../../gui/new/details.py" />
      <source>No published figures are known here.</source>
      <translation>Hier sind keine veröffentlichten Zahlen bekannt.</translation>
    </message>
    <message>
      <location filename="../../gui/new/details.py" />
      <source>Cited:</source>
      <translation>Zitiert:</translation>
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>New from reference network</source>
      <translation>Neu aus Referenznetz</translation>
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>Filter by name or family</source>
      <translation>Nach Name oder Familie filtern</translation>
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>Filter</source>
      <translation>Filter</translation>
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>Family</source>
      <translation>Familie</translation>
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>All families</source>
      <translation>Alle Familien</translation>
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>Try fewer letters, or all families.</source>
      <translation>Weniger Buchstaben oder alle Familien versuchen.</translation>
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>Show &amp;all</source>
      <translation>&amp;Alle zeigen</translation>
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>Published figures</source>
      <translation>Veröffentlichte Zahlen</translation>
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>No network is chosen.</source>
      <translation>Kein Netz gewählt.</translation>
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>Choose one in the table.</source>
      <translation>Eines in der Tabelle wählen.</translation>
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>Progress</source>
      <translation>Fortschritt</translation>
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>&amp;Create</source>
      <translation>&amp;Erstellen</translation>
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>{count} of {total}</source>
      <translation>{count} von {total}</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/new/dialog.py" />
      <source>{n} networks</source>
      <extracomment>For one: {n} network</extracomment>
      <translation>
        <numerusform>{n} Netz</numerusform>
        <numerusform>{n} Netze</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>No network matches '{text}' in {family}.</source>
      <translation>Kein Netz in {family} heißt wie '{text}'.</translation>
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>No network matches '{text}'.</source>
      <translation>Kein Netz heißt wie '{text}'.</translation>
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>Choose a network first.</source>
      <translation>Zuerst ein Netz wählen.</translation>
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>Opening</source>
      <translation>Wird geöffnet</translation>
    </message>
    <message>
      <location filename="../../gui/new/dialog.py" />
      <source>Starting</source>
      <translation>Beginnt</translation>
    </message>
    <message>
      <location filename="../../gui/new/origin.py" />
      <source>Reference network, seed {seed}</source>
      <translation>Referenznetz, Startwert {seed}</translation>
    </message>
    <message>
      <location filename="../../gui/new/origin.py" />
      <source>Reference network, weights from a file</source>
      <translation>Referenznetz, Gewichte aus einer Datei</translation>
    </message>
    <message>
      <location filename="../../gui/new/origin.py" />
      <source>Reference network, weights from timm</source>
      <translation>Referenznetz, Gewichte von timm</translation>
    </message>
    <message>
      <location filename="../../gui/new/origin.py" />
      <source>Reference network, other weights</source>
      <translation>Referenznetz, andere Gewichte</translation>
    </message>
    <message>
      <location filename="../../gui/new/table.py" />
      <source>Reference networks</source>
      <translation>Referenznetze</translation>
    </message>
    <message>
      <location filename="../../gui/new/table_model.py" />
      <source>Phone</source>
      <translation>Telefon</translation>
    </message>
    <message>
      <location filename="../../gui/new/table_model.py" />
      <source>Network</source>
      <translation>Netz</translation>
    </message>
    <message>
      <location filename="../../gui/new/table_model.py" />
      <source>Year</source>
      <translation>Jahr</translation>
    </message>
    <message>
      <location filename="../../gui/new/table_model.py" />
      <source>Numbers the network learns.</source>
      <translation>Zahlen, die das Netz lernt.</translation>
    </message>
    <message>
      <location filename="../../gui/new/table_model.py" />
      <source>Most bytes of activations that live at the same time.</source>
      <translation>Meiste Bytes an Aktivierungen, die gleichzeitig leben.</translation>
    </message>
    <message>
      <location filename="../../gui/new/table_model.py" />
      <source>Share of ImageNet's images whose first answer is right.</source>
      <translation>Anteil der ImageNet-Bilder, deren erste Antwort stimmt.</translation>
    </message>
    <message>
      <location filename="../../gui/new/table_model.py" />
      <source>Time of one run on the phone that the source used.</source>
      <translation>Zeit eines Laufs auf dem Telefon der Quelle.</translation>
    </message>
    <message>
      <location filename="../../gui/new/table_model.py" />
      <source>none is cited for {data}; {figure} on {other}.</source>
      <translation>für {data} ist keine zitiert; {figure} auf {other}.</translation>
    </message>
    <message>
      <location filename="../../gui/new/table_model.py" />
      <source>none is {how}.</source>
      <translation>keine Zahl {how}.</translation>
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>The same seed draws the same weights.</source>
      <translation>Der gleiche Startwert zieht die gleichen Gewichte.</translation>
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>Downloads from the network, only when you press Create.</source>
      <translation>Wird aus dem Netz geladen, erst mit Erstellen.</translation>
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>timm is not installed here. Install it with: pip install timm</source>
      <translation>timm ist hier nicht installiert. Installieren mit: pip install timm</translation>
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>Drawn from the &amp;seed</source>
      <translation>Aus dem &amp;Startwert</translation>
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>From a &amp;file</source>
      <translation>Aus einer &amp;Datei</translation>
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>Weights file</source>
      <translation>Datei der Gewichte</translation>
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>&amp;Pretrained, through timm</source>
      <translation>&amp;Vortrainiert, über timm</translation>
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>timm offers no weights of {title}.</source>
      <translation>timm bietet keine Gewichte von {title}.</translation>
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>Name the file with the weights.</source>
      <translation>Die Datei mit den Gewichten angeben.</translation>
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>'{name}' is no weights file; it must end in {first} or {last}.</source>
      <translation>'{name}' ist keine Datei mit Gewichten; sie muss auf {first} oder {last} enden.</translation>
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>There is no file '{path}'.</source>
      <translation>Es gibt keine Datei '{path}'.</translation>
    </message>
    <message>
      <location filename="../../gui/new/weights_box.py" />
      <source>Weights ({pattern})</source>
      <translation>Gewichte ({pattern})</translation>
    </message>
    <message>
      <location filename="../../gui/number_edit.py" />
      <source>automatic</source>
      <translation>automatisch</translation>
    </message>
    <message>
      <location filename="../../gui/number_edit.py" />
      <source>{label} slider</source>
      <translation>{label}, Schieber</translation>
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>Devices</source>
      <translation>Geräte</translation>
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>Preview of {act}</source>
      <translation>Vorschau: {act}</translation>
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>{act} on part of the layers.</source>
      <translation>{act} auf einem Teil der Schichten.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>{menu} &gt; {act} names the layers, the causes and the cures.</source>
      <translation>{menu} &gt; {act} nennt die Schichten, die Ursachen und die Abhilfen.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>Replay a recipe</source>
      <translation>Ein Rezept abspielen</translation>
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>Recipes (*.json)</source>
      <translation>Rezepte (*.json)</translation>
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>'{name}' looks like a recipe, but no model is open.</source>
      <translation>'{name}' sieht wie ein Rezept aus, aber es ist kein Modell offen.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>Open a model first.</source>
      <translation>Zuerst ein Modell öffnen.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>Recipe {name}</source>
      <translation>Rezept {name}</translation>
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>Revision {id}: {title}</source>
      <translation>Revision {id}: {title}</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/operations/act.py" />
      <source>on {n} layers</source>
      <extracomment>For one: on {n} layer</extracomment>
      <translation>
        <numerusform>auf {n} Schicht</numerusform>
        <numerusform>auf {n} Schichten</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>on layers named {pattern}</source>
      <translation>auf Schichten wie {pattern}</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/operations/act.py" />
      <source>{n} overrides</source>
      <extracomment>For one: {n} override</extracomment>
      <translation>
        <numerusform>{n} Abweichung</numerusform>
        <numerusform>{n} Abweichungen</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/operations/act.py" />
      <source>With the default parameters.</source>
      <translation>Mit den Standardwerten.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>Counting</source>
      <translation>Zählen</translation>
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>Accuracy needs data.</source>
      <translation>Für die Genauigkeit werden Daten gebraucht.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>Attach a data set whose items have classes (Ctrl+D).</source>
      <translation>Einen Datensatz verbinden, dessen Einträge Klassen haben (Strg+D).</translation>
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>Evaluate {models}</source>
      <translation>Bewerten: {models}</translation>
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>Fidelity compares with the original.</source>
      <translation>Treue vergleicht mit dem Original.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>Choose another row, or apply an act first.</source>
      <translation>Eine andere Zeile wählen oder zuerst eine Aktion anwenden.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>Fidelity of {models}</source>
      <translation>Treue: {models}</translation>
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>There is no {figure} for {model}.</source>
      <translation>Es gibt für {model} keinen Wert: {figure}.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>Latency of {models}</source>
      <translation>Latenz: {models}</translation>
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>Ask about a picture</source>
      <translation>Zu einem Bild fragen</translation>
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>Pictures ({pattern})</source>
      <translation>Bilder ({pattern})</translation>
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>'{name}' is a picture, but no model is open.</source>
      <translation>'{name}' ist ein Bild, aber es ist kein Modell offen.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>Ask about {name}</source>
      <translation>Frage zu {name}</translation>
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>revision {id}</source>
      <translation>Revision {id}</translation>
    </message>
    <message>
      <location filename="../../gui/operations/analyse.py" />
      <source>{one} and {other}</source>
      <translation>{one} und {other}</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/operations/analyse.py" />
      <source>{n} models</source>
      <extracomment>For one: {n} model</extracomment>
      <translation>
        <numerusform>{n} Modell</numerusform>
        <numerusform>{n} Modelle</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/operations/comparing.py" />
      <source>Choose another revision in the list first, then compare with it.</source>
      <translation>Zuerst eine andere Revision in der Liste wählen, dann mit ihr vergleichen.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/comparing.py" />
      <source>'{name}' can be measured, but only ONNX graphs can be shown.</source>
      <translation>'{name}' lässt sich messen, aber nur ONNX-Graphen lassen sich zeigen.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/comparing.py" />
      <source>Compare with a file</source>
      <translation>Mit einer Datei vergleichen</translation>
    </message>
    <message>
      <location filename="../../gui/operations/comparing.py" />
      <source>Models (*.onnx *.tflite)</source>
      <translation>Modelle (*.onnx *.tflite)</translation>
    </message>
    <message>
      <location filename="../../gui/operations/comparing.py" />
      <source>'{name}' cannot be compared with.</source>
      <translation>Mit '{name}' lässt sich nicht vergleichen.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/comparing.py" />
      <source>Choose an .onnx or a .tflite file.</source>
      <translation>Eine .onnx- oder .tflite-Datei wählen.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/comparing.py" />
      <source>Choose the rows of files to remove; revisions stay in the table.</source>
      <translation>Die Zeilen der Dateien wählen, die entfernt werden sollen; Revisionen bleiben in der Tabelle.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/creating.py" />
      <source>New {title}</source>
      <translation>Neu: {title}</translation>
    </message>
    <message>
      <location filename="../../gui/operations/drawing.py" />
      <source>SVG, for screens (*.svg)</source>
      <translation>SVG, für Bildschirme (*.svg)</translation>
    </message>
    <message>
      <location filename="../../gui/operations/drawing.py" />
      <source>PDF, for paper (*.pdf)</source>
      <translation>PDF, für Papier (*.pdf)</translation>
    </message>
    <message>
      <location filename="../../gui/operations/drawing.py" />
      <source>PNG (*.png)</source>
      <translation>PNG (*.png)</translation>
    </message>
    <message>
      <location filename="../../gui/operations/drawing.py" />
      <source>Save picture as</source>
      <translation>Bild speichern unter</translation>
    </message>
    <message>
      <location filename="../../gui/operations/drawing.py" />
      <source>Drawing '{name}'…</source>
      <translation>'{name}' wird gezeichnet…</translation>
    </message>
    <message>
      <location filename="../../gui/operations/dropping.py" />
      <source>Only the first of {count} files was taken: '{name}'.</source>
      <translation>Nur die erste von {count} Dateien wurde genommen: '{name}'.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/editing.py" />
      <source>No BatchNormalization is left that a layer could take up.</source>
      <translation>Es gibt keine BatchNormalization mehr, die eine Schicht aufnehmen könnte.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/editing.py" />
      <source>No layer computes something from constants alone.</source>
      <translation>Keine Schicht rechnet allein aus Konstanten.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/editing.py" />
      <source>There is no Identity or Dropout that could go.</source>
      <translation>Es gibt kein Identity und kein Dropout, das entfernt werden könnte.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/editing.py" />
      <source>part of {title}</source>
      <translation>Teil von {title}</translation>
    </message>
    <message>
      <location filename="../../gui/operations/exporting.py" />
      <source>Export {name}</source>
      <translation>{name} exportieren</translation>
    </message>
    <message>
      <location filename="../../gui/operations/files.py" />
      <source>Open a model</source>
      <translation>Ein Modell öffnen</translation>
    </message>
    <message>
      <location filename="../../gui/operations/files.py" />
      <source>Models</source>
      <translation>Modelle</translation>
    </message>
    <message>
      <location filename="../../gui/operations/files.py" />
      <source>All files</source>
      <translation>Alle Dateien</translation>
    </message>
    <message>
      <location filename="../../gui/operations/files.py" />
      <source>Open a project (a folder that ends in {suffix})</source>
      <translation>Ein Projekt öffnen (ein Ordner, der auf {suffix} endet)</translation>
    </message>
    <message>
      <location filename="../../gui/operations/files.py" />
      <source>'{name}' is the project that is open already.</source>
      <translation>'{name}' ist das Projekt, das schon offen ist.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/files.py" />
      <source>There is no session to recover.</source>
      <translation>Es gibt keine Sitzung wiederherzustellen.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/files.py" />
      <source>The data at '{place}' is gone or has changed since it was attached.</source>
      <translation>Die Daten in '{place}' sind weg oder haben sich seit dem Verbinden geändert.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/files.py" />
      <source>Attach it again to evaluate and tune.</source>
      <translation>Zum Bewerten und Abstimmen neu verbinden.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/files.py" />
      <source>Save project as</source>
      <translation>Projekt speichern unter</translation>
    </message>
    <message>
      <location filename="../../gui/operations/files.py" />
      <source>Projects</source>
      <translation>Projekte</translation>
    </message>
    <message>
      <location filename="../../gui/operations/files.py" />
      <source>The project was saved as '{path}'.</source>
      <translation>Das Projekt wurde als '{path}' gespeichert.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/files.py" />
      <source>'{job}' still trains. When the project is opened again it can go on from its last checkpoint, which is half a minute old at most.</source>
      <translation>'{job}' trainiert noch. Wird das Projekt wieder geöffnet, kann es vom letzten Zwischenstand weitergehen, der höchstens eine halbe Minute alt ist.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/files.py" />
      <source>'{job}' is still running and would be lost. Every revision is saved.</source>
      <translation>'{job}' läuft noch und ginge verloren. Jede Revision ist gespeichert.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/files.py" />
      <source>Close all the same?</source>
      <translation>Trotzdem schließen?</translation>
    </message>
    <message>
      <location filename="../../gui/operations/files.py" />
      <source>A job is running</source>
      <translation>Ein Auftrag läuft</translation>
    </message>
    <message>
      <location filename="../../gui/operations/files.py" />
      <source>Save the steps as a recipe</source>
      <translation>Die Schritte als Rezept speichern</translation>
    </message>
    <message>
      <location filename="../../gui/operations/files.py" />
      <source>Recipes</source>
      <translation>Rezepte</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/operations/files.py" />
      <source>{n} steps saved in '{path}'.</source>
      <extracomment>For one: {n} step saved in '{path}'.</extracomment>
      <translation>
        <numerusform>{n} Schritt in '{path}' gespeichert.</numerusform>
        <numerusform>{n} Schritte in '{path}' gespeichert.</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/operations/files.py" />
      <source>Preprocessing steps</source>
      <translation>Schritte der Vorverarbeitung</translation>
    </message>
    <message>
      <location filename="../../gui/operations/files.py" />
      <source>Steps</source>
      <translation>Schritte</translation>
    </message>
    <message>
      <location filename="../../gui/operations/files.py" />
      <source>Attach data</source>
      <translation>Daten verbinden</translation>
    </message>
    <message>
      <location filename="../../gui/operations/files.py" />
      <source>Attach a data folder</source>
      <translation>Einen Datenordner verbinden</translation>
    </message>
    <message>
      <location filename="../../gui/operations/files.py" />
      <source>'{name}' looks like data, but no model is open.</source>
      <translation>'{name}' sieht wie Daten aus, aber es ist kein Modell offen.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/helping.py" />
      <source>Shortcuts</source>
      <translation>Tastenkürzel</translation>
    </message>
    <message>
      <location filename="../../gui/operations/helping.py" />
      <source>Graph: {act}</source>
      <translation>Graph: {act}</translation>
    </message>
    <message>
      <location filename="../../gui/operations/helping.py" />
      <source>Overview: {act}</source>
      <translation>Übersicht: {act}</translation>
    </message>
    <message>
      <location filename="../../gui/operations/helping.py" />
      <source>Line above the graph: {act}</source>
      <translation>Zeile über dem Graphen: {act}</translation>
    </message>
    <message>
      <location filename="../../gui/operations/helping.py" />
      <source>Act</source>
      <translation>Aktion</translation>
    </message>
    <message>
      <location filename="../../gui/operations/helping.py" />
      <source>Keys</source>
      <translation>Tasten</translation>
    </message>
    <message>
      <location filename="../../gui/operations/helping.py" />
      <source>Fits neural networks into phones: see, prune, tune, quantize, compare and export, with every number proven.</source>
      <translation>Macht neuronale Netze klein genug für Telefone: ansehen, beschneiden, abstimmen, quantisieren, vergleichen und exportieren, jede Zahl nachgewiesen.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/helping.py" />
      <source>About Thimble</source>
      <translation>Über Thimble</translation>
    </message>
    <message>
      <location filename="../../gui/operations/layer_output.py" />
      <source>Output of {tensor}</source>
      <translation>Ausgabe von {tensor}</translation>
    </message>
    <message>
      <location filename="../../gui/operations/layer_output.py" />
      <source>A picture for the layer</source>
      <translation>Ein Bild für die Schicht</translation>
    </message>
    <message>
      <location filename="../../gui/operations/looking.py" />
      <source>The whole graph would be too small to read. Choose a place in its overview; Esc closes the overview.</source>
      <translation>Der ganze Graph wäre zu klein zum Lesen. Eine Stelle in der Übersicht wählen; Esc schließt sie.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/moving.py" />
      <source>Taken back: {said}</source>
      <translation>Zurückgenommen: {said}</translation>
    </message>
    <message>
      <location filename="../../gui/operations/moving.py" />
      <source>Done again: {said}</source>
      <translation>Wiederhergestellt: {said}</translation>
    </message>
    <message>
      <location filename="../../gui/operations/moving.py" />
      <source>Forget a branch</source>
      <translation>Einen Zweig vergessen</translation>
    </message>
    <message>
      <location filename="../../gui/operations/moving.py" />
      <source>Forget '{title}' (revision {number}) and everything made from it?
This cannot be undone.</source>
      <translation>'{title}' (Revision {number}) und alles daraus Gemachte vergessen?
Das lässt sich nicht rückgängig machen.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/netron.py" />
      <source>Netron shows this revision in your browser, offline.</source>
      <translation>Netron zeigt diese Revision im Browser, ohne Netz.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/netron.py" />
      <source>It reads from this window and ends with it.</source>
      <translation>Es liest aus diesem Fenster und endet mit ihm.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/netron.py" />
      <source>Open this address in a browser on this machine: {url}</source>
      <translation>Diese Adresse in einem Browser auf diesem Rechner öffnen: {url}</translation>
    </message>
    <message>
      <location filename="../../gui/operations/netron.py" />
      <source>No browser could be started.</source>
      <translation>Es ließ sich kein Browser starten.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/parcels.py" />
      <source>Pack the project as one file</source>
      <translation>Das Projekt als eine Datei packen</translation>
    </message>
    <message>
      <location filename="../../gui/operations/parcels.py" />
      <source>Packed projects</source>
      <translation>Gepackte Projekte</translation>
    </message>
    <message>
      <location filename="../../gui/operations/parcels.py" />
      <source>The project was packed as '{path}' ({size}).</source>
      <translation>Das Projekt wurde als '{path}' gepackt ({size}).</translation>
    </message>
    <message>
      <location filename="../../gui/operations/parcels.py" />
      <source>Its data stays here; only the data's place and hash go along.</source>
      <translation>Die Daten bleiben hier; nur ihr Ort und ihr Hash gehen mit.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/parcels.py" />
      <source>Pack {name}</source>
      <translation>{name} packen</translation>
    </message>
    <message>
      <location filename="../../gui/operations/parcels.py" />
      <source>Open a packed project</source>
      <translation>Ein gepacktes Projekt öffnen</translation>
    </message>
    <message>
      <location filename="../../gui/operations/parcels.py" />
      <source>Unpack it into the folder</source>
      <translation>In diesen Ordner entpacken</translation>
    </message>
    <message>
      <location filename="../../gui/operations/parcels.py" />
      <source>Unpack {name}</source>
      <translation>{name} entpacken</translation>
    </message>
    <message>
      <location filename="../../gui/operations/parcels.py" />
      <source>The project is open elsewhere</source>
      <translation>Das Projekt ist anderswo offen</translation>
    </message>
    <message>
      <location filename="../../gui/operations/parcels.py" />
      <source>Only one window can change a project. You can work on a copy of it: what you do there stays in the copy.</source>
      <translation>Nur ein Fenster kann ein Projekt ändern. An einer Kopie lässt sich arbeiten: Was dort geschieht, bleibt in der Kopie.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/parcels.py" />
      <source>Open a &amp;copy</source>
      <translation>Eine &amp;Kopie öffnen</translation>
    </message>
    <message>
      <location filename="../../gui/operations/pruning.py" />
      <source>No other layer is coupled to what is selected.</source>
      <translation>Keine andere Schicht ist mit der Auswahl gekoppelt.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/quantizing.py" />
      <source>No selected layer has weights or a result in integers: there is nothing to choose.</source>
      <translation>Keine ausgewählte Schicht hat Gewichte oder ein Ergebnis in ganzen Zahlen: Es gibt nichts zu wählen.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/quantizing.py" />
      <source>This quantizes revision {parent} again as before, with this choice for these layers, as a new revision.</source>
      <translation>Quantisiert Revision {parent} noch einmal wie zuvor, mit dieser Wahl für diese Schichten, als neue Revision.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/quantizing.py" />
      <source>The cure, measured: {figures}</source>
      <translation>Die Abhilfe, gemessen: {figures}</translation>
    </message>
    <message>
      <location filename="../../gui/operations/quantizing.py" />
      <source>Beside float revision {parent}: {figure}</source>
      <translation>Neben Float-Revision {parent}: {figure}</translation>
    </message>
    <message>
      <location filename="../../gui/operations/quantizing.py" />
      <source>Measuring revisions {before} and {after}</source>
      <translation>Revisionen {before} und {after} messen</translation>
    </message>
    <message>
      <location filename="../../gui/operations/repairing.py" />
      <source>No repair is known for '{layer}': edit it, or undo (Ctrl+Z).</source>
      <translation>Für '{layer}' ist keine Reparatur bekannt: bearbeiten Sie die Schicht, oder machen Sie rückgängig (Strg+Z).</translation>
    </message>
    <message>
      <location filename="../../gui/operations/replaying.py" />
      <source>This is the model as it was opened: no step made it.</source>
      <translation>Das ist das Modell, wie es geöffnet wurde: Kein Schritt hat es gemacht.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/replaying.py" />
      <source>Revision {number} is what this step makes of the current revision.</source>
      <translation>Revision {number} ist, was dieser Schritt aus der aktuellen macht.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/reports.py" />
      <source>{act} of revision {id}</source>
      <translation>{act}, Revision {id}</translation>
    </message>
    <message>
      <location filename="../../gui/operations/reports.py" />
      <source>The float model that this one was quantized from is not in this project.</source>
      <translation>Das float-Modell, aus dem dieses quantisiert wurde, ist nicht in diesem Projekt.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/reports.py" />
      <source>from sensitivity</source>
      <translation>aus der Empfindlichkeit</translation>
    </message>
    <message>
      <location filename="../../gui/operations/resuming.py" />
      <source>This job can no longer be resumed: its checkpoint is gone.</source>
      <translation>Dieser Auftrag kann nicht mehr fortgesetzt werden: Sein Zwischenstand ist weg.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/resuming.py" />
      <source>Discard a job</source>
      <translation>Auftrag verwerfen</translation>
    </message>
    <message>
      <location filename="../../gui/operations/resuming.py" />
      <source>Discard '{act}', step {steps:,} of {total:,}?
This cannot be undone.</source>
      <translation>'{act}' verwerfen, Schritt {steps:,} von {total:,}?
Das lässt sich nicht rückgängig machen.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/resuming.py" />
      <source>{act}, in a recipe of {count} steps</source>
      <translation>{act}, in einem Rezept mit {count} Schritten</translation>
    </message>
    <message>
      <location filename="../../gui/operations/speaking.py" />
      <source>The system's language</source>
      <translation>Die Sprache des Systems</translation>
    </message>
    <message>
      <location filename="../../gui/operations/speaking.py" />
      <source>{language} is chosen. Thimble speaks it when it is started again.</source>
      <translation>{language} ist gewählt. Thimble spricht es ab dem nächsten Start.</translation>
    </message>
    <message>
      <location filename="../../gui/operations/teachers.py" />
      <source>The original ({model})</source>
      <translation>Das Original ({model})</translation>
    </message>
    <message>
      <location filename="../../gui/operations/timing.py" />
      <source>Latency of the layers of revision {id}</source>
      <translation>Latenz der Schichten von Revision {id}</translation>
    </message>
    <message>
      <location filename="../../gui/palette/commands.py" />
      <source>It cannot act now.</source>
      <translation>Das geht gerade nicht.</translation>
    </message>
    <message>
      <location filename="../../gui/palette/view.py" />
      <source>Command palette</source>
      <translation>Befehlspalette</translation>
    </message>
    <message>
      <location filename="../../gui/palette/view.py" />
      <source>Type what to do, or @ and a layer</source>
      <translation>Aktion eingeben, oder @ und eine Schicht</translation>
    </message>
    <message>
      <location filename="../../gui/palette/view.py" />
      <source>Commands</source>
      <translation>Befehle</translation>
    </message>
    <message>
      <location filename="../../gui/palette/view.py" />
      <source>No layer or block is called that.</source>
      <translation>Keine Schicht und kein Block heißt so.</translation>
    </message>
    <message>
      <location filename="../../gui/palette/view.py" />
      <source>Nothing is called that. Try another word, or @ for the layers of the model.</source>
      <translation>Nichts heißt so. Ein anderes Wort versuchen, oder @ für die Schichten des Modells.</translation>
    </message>
    <message>
      <location filename="../../gui/param_form.py" />
      <source>Advanced</source>
      <translation>Erweitert</translation>
    </message>
    <message>
      <location filename="../../gui/param_form.py" />
      <source>{group} ({count} changed)</source>
      <translation>{group} ({count} geändert)</translation>
    </message>
    <message>
      <location filename="../../gui/param_form.py" />
      <source>(different)</source>
      <translation>(ungleich)</translation>
    </message>
    <message>
      <location filename="../../gui/param_form.py" />
      <source>Between {low:g} and {high:g}.</source>
      <translation>Zwischen {low:g} und {high:g}.</translation>
    </message>
    <message>
      <location filename="../../gui/param_form.py" />
      <source>At least {low:g}.</source>
      <translation>Mindestens {low:g}.</translation>
    </message>
    <message>
      <location filename="../../gui/param_form.py" />
      <source>At most {high:g}.</source>
      <translation>Höchstens {high:g}.</translation>
    </message>
    <message>
      <location filename="../../gui/param_form.py" />
      <source>Default: {value}.</source>
      <translation>Standard: {value}.</translation>
    </message>
    <message>
      <location filename="../../gui/pruning/couplings.py" />
      <source>Channel groups</source>
      <translation>Kanalgruppen</translation>
    </message>
    <message>
      <location filename="../../gui/pruning/on_graph.py" />
      <source>locked by you</source>
      <translation>von Ihnen gesperrt</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/quantization/choice_dialog.py" />
      <source>Quantize {n} layers otherwise</source>
      <extracomment>For one: Quantize {n} layer otherwise</extracomment>
      <translation>
        <numerusform>{n} Schicht anders quantisieren</numerusform>
        <numerusform>{n} Schichten anders quantisieren</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/quantization/cures_box.py" />
      <source>values</source>
      <translation>Werte</translation>
    </message>
    <message>
      <location filename="../../gui/quantization/cures_box.py" />
      <source>Apply &amp;all</source>
      <translation>&amp;Alle anwenden</translation>
    </message>
    <message>
      <location filename="../../gui/quantization/cures_box.py" />
      <source>Apply all cures at once</source>
      <translation>Alle Abhilfen auf einmal anwenden</translation>
    </message>
    <message>
      <location filename="../../gui/quantization/cures_box.py" />
      <source>{cause}, {share} of the loss</source>
      <translation>{cause}, {share} des Verlusts</translation>
    </message>
    <message>
      <location filename="../../gui/quantization/cures_box.py" />
      <source>Or: {cure}.</source>
      <translation>Oder: {cure}.</translation>
    </message>
    <message>
      <location filename="../../gui/quantization/cures_box.py" />
      <source>Quantize the float revision again: {cure}</source>
      <translation>Die float-Revision noch einmal quantisieren: {cure}</translation>
    </message>
    <message>
      <location filename="../../gui/quantization/cures_box.py" />
      <source>Apply</source>
      <translation>Anwenden</translation>
    </message>
    <message>
      <location filename="../../gui/quantization/cures_box.py" />
      <source>{title}, up to {value}</source>
      <translation>{title}, bis {value}</translation>
    </message>
    <message>
      <location filename="../../gui/quantization/cures_box.py" />
      <source>Ranges of {n} channels: {title}</source>
      <translation>Bereiche von {n} Kanälen: {title}</translation>
    </message>
    <message>
      <location filename="../../gui/quantization/cures_box.py" />
      <source>channel {c}: {range}</source>
      <translation>Kanal {c}: {range}</translation>
    </message>
    <message>
      <location filename="../../gui/quantization/origin.py" />
      <source>This version of Thimble has no method '{method}'.</source>
      <translation>Diese Version von Thimble kennt kein Verfahren „{method}“.</translation>
    </message>
    <message>
      <location filename="../../gui/quantization/origin.py" />
      <source>{act} chose for each layer itself. Go to revision {parent} and quantize it to choose by hand.</source>
      <translation>{act} hat für jede Schicht selbst gewählt. Wer selbst wählen will, geht zu Revision {parent} und quantisiert sie.</translation>
    </message>
    <message>
      <location filename="../../gui/reasons.py" />
      <source>{act} works on a quantized model, and this one is not.</source>
      <translation>{act} arbeitet auf einem quantisierten Modell, und dieses ist keins.</translation>
    </message>
    <message>
      <location filename="../../gui/reasons.py" />
      <source>{act} works where activations are integers; here weights alone are stored in fewer bits.</source>
      <translation>{act} arbeitet, wo Aktivierungen ganze Zahlen sind; hier sind nur die Gewichte mit weniger Bits gespeichert.</translation>
    </message>
    <message>
      <location filename="../../gui/reasons.py" />
      <source>{act} works on a float model, and this one is already quantized. Go to a float revision first.</source>
      <translation>{act} arbeitet auf einem float-Modell, und dieses ist schon quantisiert. Erst zu einer float-Revision gehen.</translation>
    </message>
    <message>
      <location filename="../../gui/reasons.py" />
      <source>No second graph is shown.</source>
      <translation>Es ist kein zweiter Graph zu sehen.</translation>
    </message>
    <message>
      <location filename="../../gui/reasons.py" />
      <source>This is the first revision.</source>
      <translation>Dies ist die erste Revision.</translation>
    </message>
    <message>
      <location filename="../../gui/reasons.py" />
      <source>There is nothing to redo.</source>
      <translation>Es gibt nichts wiederherzustellen.</translation>
    </message>
    <message>
      <location filename="../../gui/reasons.py" />
      <source>Attach data first (Ctrl+D).</source>
      <translation>Zuerst Daten verbinden (Strg+D).</translation>
    </message>
    <message>
      <location filename="../../gui/reasons.py" />
      <source>The attached data has no classes to judge by.</source>
      <translation>Die verbundenen Daten haben keine Klassen, nach denen bewertet werden kann.</translation>
    </message>
    <message>
      <location filename="../../gui/reasons.py" />
      <source>Nothing has been analysed at this revision yet.</source>
      <translation>An dieser Revision wurde noch nichts analysiert.</translation>
    </message>
    <message>
      <location filename="../../gui/reasons.py" />
      <source>This graph has no blocks, or they are switched off.</source>
      <translation>Dieser Graph hat keine Blöcke, oder sie sind abgeschaltet.</translation>
    </message>
    <message>
      <location filename="../../gui/reasons.py" />
      <source>Select a block, or a layer in one.</source>
      <translation>Einen Block wählen oder eine Schicht darin.</translation>
    </message>
    <message>
      <location filename="../../gui/reasons.py" />
      <source>No other block has the structure of the selected one.</source>
      <translation>Kein anderer Block hat den Aufbau des gewählten.</translation>
    </message>
    <message>
      <location filename="../../gui/reasons.py" />
      <source>Select one layer only.</source>
      <translation>Nur eine Schicht wählen.</translation>
    </message>
    <message>
      <location filename="../../gui/reasons.py" />
      <source>All layers can run.</source>
      <translation>Alle Schichten laufen.</translation>
    </message>
    <message>
      <location filename="../../gui/reasons.py" />
      <source>The layer can run; nothing is to be repaired.</source>
      <translation>Die Schicht läuft; es ist nichts zu reparieren.</translation>
    </message>
    <message>
      <location filename="../../gui/reasons.py" />
      <source>Select a convolution.</source>
      <translation>Eine Faltung wählen.</translation>
    </message>
    <message>
      <location filename="../../gui/reasons.py" />
      <source>The layer has no stored values.</source>
      <translation>Die Schicht hat keine gespeicherten Werte.</translation>
    </message>
    <message>
      <location filename="../../gui/reasons.py" />
      <source>Select one layer, or click a tensor.</source>
      <translation>Eine Schicht wählen oder einen Tensor anklicken.</translation>
    </message>
    <message>
      <location filename="../../gui/reasons.py" />
      <source>This tensor is an end of the graph already.</source>
      <translation>Dieser Tensor ist schon ein Ende des Graphen.</translation>
    </message>
    <message>
      <location filename="../../gui/reasons.py" />
      <source>The channels are locked already.</source>
      <translation>Die Kanäle sind schon gesperrt.</translation>
    </message>
    <message>
      <location filename="../../gui/reasons.py" />
      <source>The channels are not locked.</source>
      <translation>Die Kanäle sind nicht gesperrt.</translation>
    </message>
    <message>
      <location filename="../../gui/report_dialog.py" />
      <source>This step left no report.</source>
      <translation>Dieser Schritt hat keinen Bericht hinterlassen.</translation>
    </message>
    <message>
      <location filename="../../gui/report_dialog.py" />
      <source>Causes and cures</source>
      <translation>Ursachen und Abhilfen</translation>
    </message>
    <message>
      <location filename="../../gui/report_dialog.py" />
      <source>What was found out</source>
      <translation>Was herauskam</translation>
    </message>
    <message>
      <location filename="../../gui/report_dialog.py" />
      <source>Ranges of channels</source>
      <translation>Bereiche der Kanäle</translation>
    </message>
    <message>
      <location filename="../../gui/report_dialog.py" />
      <source>In the float network: the largest magnitude of each channel's weights, and how wide the range of its values is. Bars of very unlike heights share one scale badly.</source>
      <translation>Im float-Netz: der größte Betrag der Gewichte jedes Kanals, und wie breit der Bereich seiner Werte ist. Balken sehr ungleicher Höhe teilen sich eine Skala schlecht.</translation>
    </message>
    <message>
      <location filename="../../gui/report_dialog.py" />
      <source>&amp;Use as ratios…</source>
      <translation>Als Anteile &amp;verwenden…</translation>
    </message>
    <message>
      <location filename="../../gui/report_dialog.py" />
      <source>Open the form of channel pruning with these ratios.</source>
      <translation>Das Formular des Kanal-Prunings mit diesen Anteilen öffnen.</translation>
    </message>
    <message>
      <location filename="../../gui/search/bar.py" />
      <source>Search</source>
      <translation>Suche</translation>
    </message>
    <message>
      <location filename="../../gui/search/bar.py" />
      <source>Search layers: name, stride 2, 64×56×56, int8 …</source>
      <translation>Schichten suchen: Name, stride 2, 64×56×56, int8 …</translation>
    </message>
    <message>
      <location filename="../../gui/search/bar.py" />
      <source>Search layers</source>
      <translation>Schichten suchen</translation>
    </message>
    <message>
      <location filename="../../gui/search/bar.py" />
      <source>Previous result (Shift+F3)</source>
      <translation>Voriger Treffer (Umschalt+F3)</translation>
    </message>
    <message>
      <location filename="../../gui/search/bar.py" />
      <source>Next result (F3)</source>
      <translation>Nächster Treffer (F3)</translation>
    </message>
    <message>
      <location filename="../../gui/search/bar.py" />
      <source>Close the search (Esc)</source>
      <translation>Suche schließen (Esc)</translation>
    </message>
    <message>
      <location filename="../../gui/search/bar.py" />
      <source>Search only here; for one word type {prefix}:</source>
      <translation>Nur hier suchen; für ein einzelnes Wort {prefix}: eingeben</translation>
    </message>
    <message>
      <location filename="../../gui/search/bar.py" />
      <source>Example: {example}</source>
      <translation>Beispiel: {example}</translation>
    </message>
    <message>
      <location filename="../../gui/search/bar.py" />
      <source>Select all</source>
      <translation>Alle auswählen</translation>
    </message>
    <message>
      <location filename="../../gui/search/bar.py" />
      <source>Select every layer that was found (Alt+Return)</source>
      <translation>Jede gefundene Schicht auswählen (Alt+Eingabe)</translation>
    </message>
    <message>
      <location filename="../../gui/search/bar.py" />
      <source>Layers found</source>
      <translation>Gefundene Schichten</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/search/bar.py" />
      <source>{found} of {n} layers</source>
      <extracomment>For one: {found} of {n} layer</extracomment>
      <translation>
        <numerusform>{found} von {n} Schicht</numerusform>
        <numerusform>{found} von {n} Schichten</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/search/bar.py" />
      <source>{count}, still reading</source>
      <translation>{count}, liest noch</translation>
    </message>
    <message>
      <location filename="../../gui/search/bar.py" />
      <source>No layer has all of these words.</source>
      <translation>Keine Schicht hat alle diese Wörter.</translation>
    </message>
    <message>
      <location filename="../../gui/search/bar.py" />
      <source>Try a part of a name, “stride 2”, “group=32”, “64×56×56”, “int8”.</source>
      <translation>Einen Teil eines Namens versuchen, „stride 2“, „group=32“, „64×56×56“, „int8“.</translation>
    </message>
    <message>
      <location filename="../../gui/search/results.py" />
      <source>unfolded</source>
      <translation>ausgeklappt</translation>
    </message>
    <message>
      <location filename="../../gui/search/results.py" />
      <source>Name</source>
      <translation>Name</translation>
    </message>
    <message>
      <location filename="../../gui/search/results.py" />
      <source>Attribute</source>
      <translation>Attribut</translation>
    </message>
    <message>
      <location filename="../../gui/search/results.py" />
      <source>Shape</source>
      <translation>Form</translation>
    </message>
    <message>
      <location filename="../../gui/search/results.py" />
      <source>attribute</source>
      <translation>Attribut</translation>
    </message>
    <message>
      <location filename="../../gui/search/results.py" />
      <source>type</source>
      <translation>Typ</translation>
    </message>
    <message>
      <location filename="../../gui/search/results.py" />
      <source>input</source>
      <translation>Eingang</translation>
    </message>
    <message>
      <location filename="../../gui/search/results.py" />
      <source>output</source>
      <translation>Ausgang</translation>
    </message>
    <message>
      <location filename="../../gui/search/results.py" />
      <source>weight</source>
      <translation>Gewicht</translation>
    </message>
    <message>
      <location filename="../../gui/search/results.py" />
      <source>graph input</source>
      <translation>Eingang des Graphen</translation>
    </message>
    <message>
      <location filename="../../gui/search/results.py" />
      <source>graph output</source>
      <translation>Ausgang des Graphen</translation>
    </message>
    <message>
      <location filename="../../gui/sensitivity_box.py" />
      <source>points</source>
      <translation>Punkte</translation>
    </message>
    <message>
      <location filename="../../gui/sensitivity_box.py" />
      <source>Tolerance</source>
      <translation>Toleranz</translation>
    </message>
    <message>
      <location filename="../../gui/sensitivity_box.py" />
      <source>Each group alone may &amp;lose</source>
      <translation>Jede Gruppe allein darf ver&amp;lieren</translation>
    </message>
    <message>
      <location filename="../../gui/sensitivity_box.py" />
      <source>% of the channels masked</source>
      <translation>% der Kanäle maskiert</translation>
    </message>
    <message numerus="yes">
      <location filename="../../gui/sensitivity_box.py" />
      <source>{bear} of {n} groups bear a cut</source>
      <extracomment>For one: {bear} of {n} group bears a cut</extracomment>
      <translation>
        <numerusform>{bear} von {n} Gruppe verträgt einen Schnitt</numerusform>
        <numerusform>{bear} von {n} Gruppen vertragen einen Schnitt</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../gui/sensitivity_box.py" />
      <source>{share}, {mean} of its channels on average.</source>
      <translation>{share}, im Mittel {mean} ihrer Kanäle.</translation>
    </message>
    <message>
      <location filename="../../gui/start/start_screen.py" />
      <source>&amp;Open a model…</source>
      <translation>Ein Modell ö&amp;ffnen…</translation>
    </message>
    <message>
      <location filename="../../gui/start/start_screen.py" />
      <source>An ONNX file. You can also drop one anywhere on this window.</source>
      <translation>Eine ONNX-Datei. Sie lässt sich auch irgendwo auf dieses Fenster ziehen.</translation>
    </message>
    <message>
      <location filename="../../gui/start/start_screen.py" />
      <source>MobileNet, ResNet, ViT and others, with their published figures.</source>
      <translation>MobileNet, ResNet, ViT und andere, mit ihren veröffentlichten Zahlen.</translation>
    </message>
    <message>
      <location filename="../../gui/start/start_screen.py" />
      <source>&amp;New from a reference network…</source>
      <translation>Neu aus einem &amp;Referenznetz…</translation>
    </message>
    <message>
      <location filename="../../gui/start/start_screen.py" />
      <source>A small network that reads handwritten digits, with its images.</source>
      <translation>Ein kleines Netz, das handgeschriebene Ziffern liest, mit seinen Bildern.</translation>
    </message>
    <message>
      <location filename="../../gui/start/start_screen.py" />
      <source>Open the &amp;sample</source>
      <translation>Be&amp;ispiel öffnen</translation>
    </message>
    <message>
      <location filename="../../gui/start/start_screen.py" />
      <source>A folder that ends in .thimble. A packed project (.thimble.zip) can be dropped on this window.</source>
      <translation>Ein Ordner, der auf .thimble endet. Ein gepacktes Projekt (.thimble.zip) lässt sich auf dieses Fenster ziehen.</translation>
    </message>
    <message>
      <location filename="../../gui/start/start_screen.py" />
      <source>Open a pro&amp;ject…</source>
      <translation>Ein Pro&amp;jekt öffnen…</translation>
    </message>
    <message>
      <location filename="../../gui/start/start_screen.py" />
      <source>Recent projects</source>
      <translation>Zuletzt geöffnet</translation>
    </message>
    <message>
      <location filename="../../gui/start/start_screen.py" />
      <source>{folder}, changed {when}</source>
      <translation>{folder}, geändert {when}</translation>
    </message>
    <message>
      <location filename="../../gui/start/start_screen.py" />
      <source>&amp;Reopen {name} where it was</source>
      <translation>{name} &amp;wieder öffnen, wo es war</translation>
    </message>
    <message>
      <location filename="../../gui/start/start_screen.py" />
      <source>Thimble ended unexpectedly. Every revision that had ended is there; last changed {when}.</source>
      <translation>Thimble endete unerwartet. Jede fertige Revision ist da; zuletzt geändert {when}.</translation>
    </message>
    <message>
      <location filename="../../gui/start/start_screen.py" />
      <source>Recover &amp;last session</source>
      <translation>&amp;Letzte Sitzung wiederherstellen</translation>
    </message>
    <message>
      <location filename="../../gui/start/start_screen.py" />
      <source>{name}, last changed {when}. Every revision that had ended is there.</source>
      <translation>{name}, zuletzt geändert {when}. Jede fertige Revision ist da.</translation>
    </message>
    <message>
      <location filename="../../gui/start/start_screen.py" />
      <source>See a neural network, make it fit into a phone, and prove what was lost.</source>
      <translation>Ein neuronales Netz ansehen, für ein Telefon klein machen und nachweisen, was verloren ging.</translation>
    </message>
    <message>
      <location filename="../../gui/start/start_screen.py" />
      <source>at an unknown time</source>
      <translation>zu unbekannter Zeit</translation>
    </message>
    <message>
      <location filename="../../gui/wording.py" />
      <source>geometric median (FPGM)</source>
      <translation>geometrischer Median (FPGM)</translation>
    </message>
    <message>
      <location filename="../../gui/wording.py" />
      <source>BatchNorm scale</source>
      <translation>BatchNorm-Skala</translation>
    </message>
    <message>
      <location filename="../../gui/wording.py" />
      <source>BatchNorm scale and correlation</source>
      <translation>BatchNorm-Skala und Korrelation</translation>
    </message>
    <message>
      <location filename="../../gui/wording.py" />
      <source>rise of cross-entropy</source>
      <translation>Anstieg der Kreuzentropie</translation>
    </message>
    <message>
      <location filename="../../gui/wording.py" />
      <source>rise of cross-entropy, measured</source>
      <translation>Anstieg der Kreuzentropie, gemessen</translation>
    </message>
    <message>
      <location filename="../../gui/wording.py" />
      <source>Hessian trace</source>
      <translation>Spur der Hesse-Matrix</translation>
    </message>
    <message>
      <location filename="../../gui/wording.py" />
      <source>zeros of the activation (APoZ)</source>
      <translation>Nullen der Aktivierung (APoZ)</translation>
    </message>
    <message>
      <location filename="../../gui/wording.py" />
      <source>random (control)</source>
      <translation>Zufall (zur Kontrolle)</translation>
    </message>
    <message>
      <location filename="../../gui/wording.py" />
      <source>top-1 lost</source>
      <translation>verlorene Top-1</translation>
    </message>
    <message>
      <location filename="../../gui/wording.py" />
      <source>agreement with float</source>
      <translation>Übereinstimmung mit Float</translation>
    </message>
    <message>
      <location filename="../../gui/wording.py" />
      <source>entropy (KL divergence)</source>
      <translation>Entropie (KL-Divergenz)</translation>
    </message>
    <message>
      <location filename="../../gui/wording.py" />
      <source>squared error</source>
      <translation>quadratischer Fehler</translation>
    </message>
    <message>
      <location filename="../../gui/words.py" />
      <source>d MMMM yyyy, HH:mm</source>
      <translation>d. MMMM yyyy, HH:mm</translation>
    </message>
  </context>
</TS>
